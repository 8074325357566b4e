import { textWidth } from './width';

/** Where a line may end: not within a time like `(in 15m)`. */
const blanks = / (?!\w+\))/;
const sequences = /\x1b\[[\d;]*m/g;

/**
 * Pieces of a sentence set side by side, in new lines where the terminal ends; a piece is broken at its blanks only where it
 * does not fit by itself. Pieces are fit for a terminal already, and may carry styles.
 * @param width the terminal's columns; absent, everything is one line
 * @returns lines without their newline, each after the first indented
 */
export function flow(pieces: readonly string[], indent: number, width: number | undefined): readonly string[] {
  const lines: string[] = [];
  let line = '';
  const room = Math.max(10, (width ?? Number.POSITIVE_INFINITY) - indent);
  const add = (text: string, gap: string) => {
    if (line !== '' && shownWidth(line + gap + text) > room) {
      lines.push(line);
      line = text;
    } else line = line === '' ? text : line + gap + text;
  };
  for (const piece of pieces.filter(Boolean)) {
    if (shownWidth(piece) <= room) add(piece, '  ');
    else for (const [at, word] of piece.split(blanks).entries()) add(word, at === 0 ? '  ' : ' ');
  }
  if (line !== '') lines.push(line);
  return lines.map((text, at) => (at === 0 ? text : ' '.repeat(indent) + text));
}

/** Columns of text that may be styled. */
export function shownWidth(text: string): number {
  return textWidth(text.replace(sequences, ''));
}
