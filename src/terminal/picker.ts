import { ZspError } from '../errors';
import { likeliest } from './fuzzy';
import { printable } from './sanitize';
import { type Palette, palette } from './style';
import { cutToWidth, textWidth } from './width';

export interface Choice {
  readonly name: string;
  /** Asked for when the choice comes into sight. */
  detail(): string;
}

export interface Picking {
  readonly title: string;
  readonly choices: readonly Choice[];
  /** What is typed already. */
  readonly query: string;
}

export interface Terminal {
  readonly input: NodeJS.ReadStream;
  /** Where the conversation goes: stderr. */
  readonly output: NodeJS.WriteStream;
}

interface State {
  readonly query: string;
  readonly at: number;
}

const mostRows = 10;

/**
 * A list to choose from with a few letters and the arrow keys. It takes itself away again.
 * @returns the chosen name
 * @throws ZspError `interrupted` on Ctrl-C, Ctrl-D or Escape
 */
export function pick({ input, output }: Terminal, picking: Picking, coloured: boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    let state: State = { query: picking.query, at: 0 };
    let drawn = 0;
    const found = () => likeliest(state.query, picking.choices, ({ name }) => name);
    const draw = (lines: readonly string[]) => {
      const up = drawn > 1 ? `\x1b[${drawn - 1}A` : '';
      output.write(`${up}\r\x1b[J${lines.join('\r\n')}`);
      drawn = lines.length;
    };
    const redraw = () => draw(linesOf(picking, state, found(), output, palette(coloured)));
    const settle = (finish: () => void) => {
      input.off('data', onData).off('end', onEnd);
      output.off('resize', redraw);
      input.setRawMode(false).pause();
      draw(['']);
      finish();
    };
    const onEnd = () => settle(() => reject(new ZspError('interrupted', 'interrupted')));
    const onData = (chunk: string) => {
      for (const key of chunk.match(/\x1b[[O][A-Z~\d;]*|\x1b|[^\x1b]/gu) ?? []) {
        const chosen = found()[state.at];
        if (key === '\x03' || key === '\x04' || key === '\x1b') return onEnd();
        if ((key === '\r' || key === '\n') && chosen) return settle(() => resolve(chosen.name));
        state = next(state, key, found().length);
      }
      redraw();
    };
    input.setRawMode(true).setEncoding('utf8').on('data', onData).on('end', onEnd).resume();
    output.on('resize', redraw);
    redraw();
  });
}

function next({ query, at }: State, key: string, count: number): State {
  if (/^\x1b[[O]A$|^\x10$/.test(key)) return { query, at: Math.max(0, at - 1) };
  if (/^\x1b[[O]B$|^[\x0e\t]$/.test(key)) return { query, at: Math.max(0, Math.min(count - 1, at + 1)) };
  if (key === '\x7f' || key === '\b') return { query: [...query].slice(0, -1).join(''), at: 0 };
  if (key === '\x15') return { query: '', at: 0 };
  return key >= ' ' && !key.startsWith('\x1b') ? { query: query + key, at: 0 } : { query, at };
}

function linesOf(
  { title, choices }: Picking,
  { query, at }: State,
  found: readonly Choice[],
  output: NodeJS.WriteStream,
  { bold, cyan, dim }: Palette,
): readonly string[] {
  const columns = Math.max(10, (output.columns ?? 80) - 1);
  const rows = Math.max(1, Math.min(mostRows, (output.rows ?? 24) - 3));
  const first = Math.max(0, Math.min(at - rows + 1, found.length - rows));
  const shown = found.slice(first, first + rows);
  const widest = Math.min(
    Math.max(0, ...shown.map(({ name }) => textWidth(printable(name)))),
    Math.floor(columns * 0.6),
  );
  const lines = shown.map((choice, index) => {
    const name = cutToWidth(printable(choice.name), widest);
    const padding = ' '.repeat(Math.max(0, widest - textWidth(name)) + 2);
    const detail = cutToWidth(printable(choice.detail()), Math.max(0, columns - widest - 4));
    return first + index === at
      ? `${cyan('❯')} ${bold(name)}${padding}${dim(detail)}`
      : `  ${name}${padding}${dim(detail)}`;
  });
  const count = dim(cutToWidth(`${found.length} of ${choices.length}; arrows, Enter; Esc leaves`, columns));
  // The question comes last, so that the cursor stands where letters appear.
  return [count, ...lines, bold(cutToWidth(`${title} ${printable(query)}`, columns))];
}

/** The same for those who listen: numbered lines that stay, and a question. */
export async function pickByNumber(
  { title, choices, query }: Picking,
  say: (line: string) => void,
  ask: (question: string) => Promise<string>,
): Promise<string> {
  const like = (typed: string) => likeliest(typed, choices, ({ name }) => name).slice(0, mostRows);
  for (let found = like(query); ; ) {
    for (const [at, choice] of found.entries())
      say(`${at + 1}: ${printable(choice.name)}, ${printable(choice.detail())}`);
    const typed = (await ask(`${title} A number, or a part of its name:`)).trim();
    const chosen = /^\d+$/.test(typed) ? found[Number(typed) - 1] : undefined;
    if (chosen) return chosen.name;
    if (like(typed).length > 0) found = like(typed);
    else say('There is no such name, and no such number.');
  }
}
