import { headerText, nameIn, type SectionKind, sectionKinds, withoutComment } from './sections';

/** One `key = value` of a block, and the line it stands in. */
export interface Entry {
  readonly at: number;
  readonly key: string;
  readonly text: string;
  /** The key above it that it belongs to, as under `s3 =`. */
  readonly under: string | undefined;
  readonly indentation: string;
}

/** From a header to the line before the next one. A section may be in several blocks. */
export interface Block {
  readonly title: string;
  readonly kind: SectionKind;
  readonly name: string;
  /** `[default]`, which `[profile default]` replaces. */
  readonly short: boolean;
  readonly header: number;
  /** After the last line. */
  readonly end: number;
}

/** The lines of a file, each with its own ending; joined they are the file again. */
export function linesOf(text: string): string[] {
  return text === '' ? [] : text.split(/(?<=\n)/);
}

/** Every profile, sso-session and services block, in the file's order. */
export function blocksOf(lines: readonly string[]): Block[] {
  const headers = lines.flatMap((line, at) => {
    const trimmed = line.trimStart();
    const inside = trimmed.startsWith('[') ? headerText(withoutComment(trimmed)) : undefined;
    return inside === undefined ? [] : [{ at, inside }];
  });
  return headers.flatMap(({ at, inside }, index) => {
    const end = headers[index + 1]?.at ?? lines.length;
    return sectionKinds.flatMap((kind) => {
      const name = nameIn(inside, kind);
      const short = inside === 'default';
      return name === undefined ? [] : [{ title: `[${inside}]`, kind, name, short, header: at, end }];
    });
  });
}

/** The entries of a block, read by the rule of sections.ts. */
export function entriesOf(lines: readonly string[], { header, end }: Block): Entry[] {
  const entries: Entry[] = [];
  let under: string | undefined;
  for (let at = header + 1; at < end; at += 1) {
    const raw = lines[at] ?? '';
    const line = withoutComment(raw);
    const equals = line.indexOf('=');
    if (line.startsWith('[') || equals < 1) continue;
    const indentation = /^[^\S\r\n]*/.exec(raw)?.[0] ?? '';
    if (indentation === '') under = undefined;
    const key = line.slice(0, equals).trimEnd().toLowerCase();
    const text = line.slice(equals + 1).trimStart();
    entries.push({ at, key, text, under, indentation });
    if (text === '') under ??= key;
  }
  return entries;
}

export function isBlank(line: string | undefined): boolean {
  return line !== undefined && line.trim() === '';
}

/** Neither blank nor a comment. */
export function isContent(line: string | undefined): boolean {
  return line !== undefined && withoutComment(line) !== '';
}

/** The line with another value; its key, its spaces, its comment and its ending stay. */
export function withValue(line: string, value: string): string {
  const ending = /\r?\n?$/.exec(line)?.[0] ?? '';
  const body = line.slice(0, line.length - ending.length);
  const equals = body.indexOf('=') + 1;
  const old = withoutComment(body)
    .slice(withoutComment(body).indexOf('=') + 1)
    .trim();
  const rest = body.slice(equals);
  const space = /^\s*/.exec(rest)?.[0] ?? '';
  const tail = rest.slice(space.length + old.length);
  if (old !== '') return body.slice(0, equals) + space + value + tail + ending;
  return `${body.slice(0, equals)} ${value}${tail === '' ? '' : ` ${tail}`}${ending}`;
}
