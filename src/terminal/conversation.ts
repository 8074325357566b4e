import { type Palette, palette, wantsColour } from './style';

/** Where a verb speaks: stdout carries the answer, stderr the conversation. */
export interface Conversation {
  answer(text: string): void;
  /** One line to the person. */
  say(line: string): void;
  /** Styles for the answer, and for what is said. */
  readonly answerStyle: Palette;
  readonly style: Palette;
  /** Whether what is said may be coloured. */
  readonly coloured: boolean;
  /** Columns of the terminal the answer goes to; undefined where it goes to a pipe or a file. */
  readonly columns: number | undefined;
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

export function createConversation(
  { stdin, stdout, stderr }: Streams,
  env: Readonly<Record<string, string | undefined>>,
  noColor: boolean,
): Conversation {
  const colours = ({ isTTY }: Output) => wantsColour({ env, isTTY, noColor });
  return {
    answer: (text) => void stdout.write(text),
    say: (line) => void stderr.write(`${line}\n`),
    answerStyle: palette(colours(stdout)),
    style: palette(colours(stderr)),
    coloured: colours(stderr),
    columns: stdout.isTTY ? (stdout.columns ?? 80) : undefined,
    interactive: stdin.isTTY === true && stderr.isTTY === true,
  };
}
