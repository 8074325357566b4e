import { printable } from './sanitize';
import type { Style } from './style';
import { cutToWidth, textWidth } from './width';

/** A cell's text is made printable by the table; a style is laid on after it was measured. */
export type Cell = string | { readonly text: string; readonly style: Style };

export interface TableOptions {
  /** The terminal's columns; absent, nothing is cut (a pipe, a file). */
  readonly width?: number | undefined;
  readonly heading?: Style;
  /** Columns that a cell keeps at least: a table that would need to cut further is shown as records instead. 8 if absent. */
  readonly narrowest?: number;
}

const gap = 2;

/**
 * Rows under their titles, aligned. Where the terminal is too narrow the widest columns are cut, and where that would leave
 * nothing readable each row becomes a block of `title  value` lines, uncut.
 * @returns lines, each ending with a newline
 */
export function table(
  titles: readonly string[],
  rows: readonly (readonly Cell[])[],
  options: TableOptions = {},
): string {
  const heading = options.heading ?? ((text) => text);
  const cells = rows.map((row) => titles.map((_, column) => toCell(row[column] ?? '')));
  const natural = titles.map((title, column) =>
    Math.max(textWidth(title), ...cells.map((row) => textWidth(row[column]?.text ?? ''))),
  );
  const widths = shrink(natural, options.width, options.narrowest ?? 8);
  if (widths === undefined) return records(titles, cells, heading);
  const head = titles.map((title) => ({ text: title, style: heading }));
  return [head, ...cells].map((row) => line(row, widths)).join('');
}

interface StyledText {
  readonly text: string;
  readonly style: Style;
}

function toCell(cell: Cell): StyledText {
  return typeof cell === 'string'
    ? { text: printable(cell), style: (text) => text }
    : { text: printable(cell.text), style: cell.style };
}

/** Takes columns away from the widest until the row fits; undefined where it cannot. */
function shrink(
  natural: readonly number[],
  width: number | undefined,
  narrowest: number,
): readonly number[] | undefined {
  const widths = [...natural];
  let excess = width === undefined ? 0 : total(widths) - width;
  for (; excess > 0; excess--) {
    const widest = Math.max(...widths);
    if (widest <= narrowest) return undefined;
    widths[widths.indexOf(widest)] = widest - 1;
  }
  return widths;
}

function total(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, 0) + gap * Math.max(0, widths.length - 1);
}

function line(row: readonly StyledText[], widths: readonly number[]): string {
  const parts = row.map(({ text, style }, column) => {
    const width = widths[column] ?? 0;
    const shown = cutToWidth(text, width);
    const padding = column === row.length - 1 ? '' : ' '.repeat(width - textWidth(shown) + gap);
    return style(shown) + padding;
  });
  return `${parts.join('').trimEnd()}\n`;
}

function records(titles: readonly string[], rows: readonly (readonly StyledText[])[], heading: Style): string {
  const label = Math.max(...titles.map(textWidth));
  const blocks = rows.map((row) =>
    row
      .map(({ text, style }, column) => {
        const title = titles[column] ?? '';
        return text && `${heading(title)}${' '.repeat(label - textWidth(title) + gap)}${style(text)}\n`;
      })
      .join(''),
  );
  return blocks.join('\n');
}
