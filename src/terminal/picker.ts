import { ZspError } from '../errors';
import { likeliest } from './fuzzy';
import { printable } from './sanitize';
import { type Palette, palette } from './style';
import { cutToWidth, textWidth } from './width';

export interface Choice {
  readonly name: string;
  /** What else it is found by, like an account's number. */
  readonly also?: string;
  /** Asked for when the choice comes into sight. */
  detail(): string;
}

export interface Picking<C extends Choice> {
  readonly title: string;
  readonly choices: readonly C[];
  /** What is typed already. */
  readonly query: string;
  /** All of them, where some are still being looked for: they replace the first when they are known. */
  readonly later?: Promise<readonly C[]> | undefined;
}

export interface Terminal {
  readonly input: NodeJS.ReadStream;
  /** Where the conversation goes: stderr. */
  readonly output: NodeJS.WriteStream;
}

interface State<C extends Choice> {
  readonly choices: readonly C[];
  readonly query: string;
  /** -1 where what the cursor was on is gone. */
  readonly at: number;
  /** What is to be said of the choices that are still to come. */
  readonly remark: string;
}

const mostRows = 10;

/**
 * A list to choose from with a few letters and the arrow keys. It takes itself away again.
 * @returns what was chosen
 * @throws ZspError `interrupted` on Ctrl-C, Ctrl-D or Escape
 */
export function pick<C extends Choice>(
  { input, output }: Terminal,
  { title, query, choices, later }: Picking<C>,
  coloured: boolean,
): Promise<C> {
  return new Promise((resolve, reject) => {
    let state: State<C> = { choices, query, at: 0, remark: later ? ', looking for more …' : '' };
    let drawn = 0;
    let settled = false;
    const draw = (lines: readonly string[]) => {
      const up = drawn > 1 ? `\x1b[${drawn - 1}A` : '';
      output.write(`${up}\r\x1b[J${lines.join('\r\n')}`);
      drawn = lines.length;
    };
    const redraw = () => draw(linesOf(title, state, output, palette(coloured)));
    const change = (next: State<C>) => {
      if (settled) return;
      state = next;
      redraw();
    };
    const settle = (finish: () => void) => {
      settled = true;
      input.off('data', onData).off('end', onEnd);
      output.off('resize', redraw);
      input.setRawMode(false).pause();
      draw(['']);
      finish();
    };
    const onEnd = () => settle(() => reject(new ZspError('interrupted', 'interrupted')));
    const onData = (chunk: string) => {
      for (const key of chunk.match(/\x1b[[O][A-Z~\d;]*|\x1b|[^\x1b]/gu) ?? []) {
        const chosen = found(state)[state.at];
        if (key === '\x03' || key === '\x04' || key === '\x1b') return onEnd();
        if ((key === '\r' || key === '\n') && chosen) return settle(() => resolve(chosen));
        state = next(state, key, found(state).length);
      }
      redraw();
    };
    input.setRawMode(true).setEncoding('utf8').on('data', onData).on('end', onEnd).resume();
    output.on('resize', redraw);
    redraw();
    later?.then(
      (all) => change(withChoices(state, all)),
      (error) => change({ ...state, remark: `, and no more: ${error instanceof ZspError ? error.message : 'a bug'}` }),
    );
  });
}

function found<C extends Choice>({ query, choices }: State<C>): readonly C[] {
  return likeliest(query, choices, textOf);
}

function textOf({ name, also = '' }: Choice): string {
  return `${name} ${also}`.trimEnd();
}

/** The cursor stays on what it is on: whoever is about to press Enter must get what they see. */
function withChoices<C extends Choice>(state: State<C>, choices: readonly C[]): State<C> {
  const on = found(state)[state.at];
  const next = { ...state, choices, remark: '' };
  return { ...next, at: on === undefined ? 0 : found(next).findIndex((choice) => textOf(choice) === textOf(on)) };
}

function next<C extends Choice>(state: State<C>, key: string, count: number): State<C> {
  const { query, at } = state;
  if (/^\x1b[[O]A$|^\x10$/.test(key)) return { ...state, at: Math.max(0, at - 1) };
  if (/^\x1b[[O]B$|^[\x0e\t]$/.test(key)) return { ...state, at: Math.max(0, Math.min(count - 1, at + 1)) };
  if (key === '\x7f' || key === '\b') return { ...state, query: [...query].slice(0, -1).join(''), at: 0 };
  if (key === '\x15') return { ...state, query: '', at: 0 };
  return key >= ' ' && !key.startsWith('\x1b') ? { ...state, query: query + key, at: 0 } : state;
}

function linesOf<C extends Choice>(
  title: string,
  state: State<C>,
  output: NodeJS.WriteStream,
  { bold, cyan, dim }: Palette,
): readonly string[] {
  const { query, at, choices, remark } = state;
  const fitting = found(state);
  const columns = Math.max(10, (output.columns ?? 80) - 1);
  const rows = Math.max(1, Math.min(mostRows, (output.rows ?? 24) - 3));
  const first = Math.max(0, Math.min(at - rows + 1, fitting.length - rows));
  const shown = fitting.slice(first, first + rows);
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
  const count = dim(
    cutToWidth(`${fitting.length} of ${choices.length}${printable(remark)}; arrows, Enter; Esc leaves`, columns),
  );
  // The question comes last, so that the cursor stands where letters appear.
  return [count, ...lines, bold(cutToWidth(`${title} ${printable(query)}`, columns))];
}

/** The same for those who listen: numbered lines that stay, and a question. */
export async function pickByNumber<C extends Choice>(
  { title, choices, query, later }: Picking<C>,
  say: (line: string) => void,
  ask: (question: string) => Promise<string>,
): Promise<C> {
  const all = (await later?.catch(() => undefined)) ?? choices;
  const like = (typed: string) => likeliest(typed, all, textOf).slice(0, mostRows);
  for (let shown = like(query); ; ) {
    for (const [at, choice] of shown.entries())
      say(`${at + 1}: ${printable(choice.name)}, ${printable(choice.detail())}`);
    const typed = (await ask(`${title} A number, or a part of its name:`)).trim();
    const chosen = /^\d+$/.test(typed) ? shown[Number(typed) - 1] : undefined;
    if (chosen) return chosen;
    if (like(typed).length > 0) shown = like(typed);
    else say('There is no such name, and no such number.');
  }
}
