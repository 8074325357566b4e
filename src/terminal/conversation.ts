import { flow } from './flow';
import { plainText } from './plain';
import { harmless, printable } from './sanitize';
import { type Palette, palette, wantsColour } from './style';

/** Where a verb speaks: stdout carries the answer, stderr the conversation. */
export interface Conversation {
  answer(text: string): void;
  /** One line to the person: several where the terminal is too narrow for it. */
  say(line: string): void;
  /** What went wrong and what mends it: two lines at most, never broken, since they may be copied. */
  complain(message: string, remedy?: string): void;
  /** Styles for the answer, and for what is said. */
  readonly answerStyle: Palette;
  readonly style: Palette;
  /** Whether what is said may be coloured. */
  readonly coloured: boolean;
  /** Whether symbols are left out, for those who listen to what is said. */
  readonly plain: boolean;
  /** Columns of the terminal the answer goes to, as they are now; undefined where it goes to a pipe or a file. */
  readonly columns: number | undefined;
  /** Whether the answer goes to a terminal on which bars can be drawn. */
  readonly drawn: boolean;
  /** Whether somebody is there to read what is said, and to answer questions. */
  readonly interactive: boolean;
}

interface Streams {
  readonly stdin: { readonly isTTY?: boolean | undefined };
  readonly stdout: Output;
  readonly stderr: Output;
}

interface Output {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

export interface Wishes {
  /** `--no-color`. */
  readonly noColor: boolean;
  /** `--plain`, or ZSP_PLAIN. */
  readonly plain: boolean;
}

export function createConversation(
  { stdin, stdout, stderr }: Streams,
  env: Readonly<Record<string, string | undefined>>,
  { noColor, plain }: Wishes,
): Conversation {
  const colours = ({ isTTY }: Output) => wantsColour({ env, isTTY, noColor: noColor || plain });
  const worded = (text: string) => harmless(plain ? plainText(text) : text);
  return {
    answer: (text) => void stdout.write(worded(text)),
    say: (line) => void stderr.write(`${broken(worded(line), stderr)}\n`),
    complain(message, remedy) {
      const zsp = palette(colours(stderr)).red('zsp:');
      stderr.write(`${worded(`${zsp} ${printable(message)}`)}\n`);
      if (remedy) stderr.write(`${worded(`${zsp} hint: ${printable(remedy)}`)}\n`);
    },
    answerStyle: palette(colours(stdout)),
    style: palette(colours(stderr)),
    coloured: colours(stderr),
    plain,
    get columns() {
      return stdout.isTTY ? (stdout.columns ?? 80) : undefined;
    },
    drawn: stdout.isTTY === true && env.TERM !== 'dumb' && !plain,
    interactive: stdin.isTTY === true && stderr.isTTY === true,
  };
}

/** Broken at its blanks, each new line as far in as the first. A picture, which has lines of its own, is left alone. */
function broken(line: string, { isTTY, columns = 80 }: Output): string {
  if (!isTTY || line.includes('\n')) return line;
  const text = line.trimStart();
  const indent = line.length - text.length;
  return ' '.repeat(indent) + flow([text], indent, columns).join('\n');
}
