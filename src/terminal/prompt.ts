import { openSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { ReadStream, WriteStream } from 'node:tty';
import { ZspError } from '../errors';
import { Secret } from '../secret';

/** Questions to the person at the terminal. All throw ZspError `interrupted` on Ctrl-C or the end of input, with the terminal as it was. */
export interface Prompt {
  /** False where nobody can answer: then a flag has to. */
  readonly interactive: boolean;
  /** @param fallback what a bare Enter means */
  confirm(question: string, fallback: boolean): Promise<boolean>;
  line(question: string): Promise<string>;
  /** Asked with echo off, and on /dev/tty where stdin is a pipe. Throws `keychain_unavailable` where there is no terminal at all. */
  passphrase(question: string): Promise<Secret>;
}

export interface Streams {
  readonly input: NodeJS.ReadStream;
  /** Where the conversation goes: stderr. */
  readonly output: NodeJS.WriteStream;
}

export function terminalPrompt({ input, output }: Streams): Prompt {
  const interactive = input.isTTY === true && output.isTTY === true;
  return {
    interactive,
    async confirm(question, fallback) {
      const hint = fallback ? '[Y/n]' : '[y/N]';
      for (;;) {
        const answer = (await askLine(`${question} ${hint} `, { input, output })).trim().toLowerCase();
        if (answer === '') return fallback;
        if (answer === 'y' || answer === 'yes') return true;
        if (answer === 'n' || answer === 'no') return false;
      }
    },
    line: (question) => askLine(`${question} `, { input, output }),
    async passphrase(question) {
      if (interactive) return askHidden(`${question} `, { input, output });
      const terminal = openTerminal();
      try {
        return await askHidden(`${question} `, terminal);
      } finally {
        terminal.input.destroy();
        terminal.output.destroy();
      }
    },
  };
}

function askLine(question: string, { input, output }: Streams): Promise<string> {
  return new Promise((resolve, reject) => {
    const lines = createInterface({ input, output, terminal: true, historySize: 0 });
    let answer: string | undefined;
    lines.on('line', (line) => {
      answer = line;
      lines.close();
    });
    lines.on('SIGINT', () => lines.close());
    lines.on('close', () => {
      if (answer !== undefined) return resolve(answer);
      output.write('\n');
      reject(interrupted());
    });
    lines.setPrompt(question);
    lines.prompt();
  });
}

/** Reads key by key in raw mode: the terminal itself echoes nothing, and Ctrl-C arrives as a character. */
function askHidden(question: string, { input, output }: Streams): Promise<Secret> {
  return new Promise((resolve, reject) => {
    let typed: readonly string[] = [];
    const settle = (finish: () => void) => {
      input.off('data', onData).off('end', onEnd);
      input.setRawMode(false).pause();
      output.write('\n');
      finish();
    };
    const onEnd = () => settle(() => reject(interrupted()));
    const onData = (chunk: string) => {
      const [text, ending] = untilEnding(chunk);
      typed = typeKeys(typed, text);
      if (ending === '\r' || ending === '\n') settle(() => resolve(new Secret(typed.join(''))));
      else if (ending !== undefined) onEnd();
    };
    // First silence, then the question: what is typed at sight of it must not be echoed.
    input.setRawMode(true).setEncoding('utf8').on('data', onData).on('end', onEnd).resume();
    output.write(question);
  });
}

/** What was typed before Enter, Ctrl-C or Ctrl-D, and which of them ended it. */
function untilEnding(chunk: string): readonly [text: string, ending: string | undefined] {
  const at = chunk.search(/[\r\n\x03\x04]/);
  return at < 0 ? [chunk, undefined] : [chunk.slice(0, at), chunk[at]];
}

/** Backspace takes a character back, Ctrl-U all; arrow keys and other control characters are no part of a passphrase. */
function typeKeys(typed: readonly string[], text: string): readonly string[] {
  let result = typed;
  for (const key of text.replace(/\x1b(?:\[[0-?]*[ -/]*[@-~]|O.)?/g, '')) {
    if (key === '\x7f' || key === '\b') result = result.slice(0, -1);
    else if (key === '\x15') result = [];
    else if (key >= ' ') result = [...result, key];
  }
  return result;
}

/** The terminal itself, where stdin or stderr lead elsewhere. */
function openTerminal(): Streams {
  try {
    return { input: new ReadStream(openSync('/dev/tty', 'r')), output: new WriteStream(openSync('/dev/tty', 'w')) };
  } catch (cause) {
    throw new ZspError('keychain_unavailable', 'there is no terminal to ask for a passphrase on', {
      remedy: 'set ZSP_PASSPHRASE, or run the command in a terminal',
      cause,
    });
  }
}

function interrupted(): ZspError {
  return new ZspError('interrupted', 'interrupted');
}
