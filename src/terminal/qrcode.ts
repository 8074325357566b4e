import { encode } from 'uqr';

/** Light modules around the code; readers in telephones are content with two of the four that ISO/IEC 18004 asks for. */
const border = 2;

/**
 * A QR code, two modules a character in half blocks. With colour it is black on white; without, it is drawn in light blocks
 * for the usual dark terminal.
 * @returns lines, each ending with a newline; undefined where the terminal is narrower than the code
 */
export function qrCode(
  text: string,
  { columns, coloured }: { columns: number; coloured: boolean },
): string | undefined {
  const { data, size } = encode(text, { ecc: 'L', border });
  if (size > columns) return undefined;
  const lines: string[] = [];
  for (let row = 0; row < size; row += 2) {
    const upper = data[row] ?? [];
    const lower = data[row + 1] ?? [];
    const blocks = upper.map((dark, column) => halfBlock(!dark, !(lower[column] ?? true))).join('');
    lines.push(coloured ? `\x1b[97;40m${blocks}\x1b[0m\n` : `${blocks}\n`);
  }
  return lines.join('');
}

function halfBlock(upper: boolean, lower: boolean): string {
  if (upper) return lower ? '█' : '▀';
  return lower ? '▄' : ' ';
}
