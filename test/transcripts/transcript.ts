/**
 * A transcript is what a user types and sees, one file a story. A line's first character, with a blank after it, says what it is:
 *
 *     # a remark
 *     < .aws/config          writes a file of the throw-away home; its text follows in lines that start with `| `
 *     | [sso-session corp]
 *     % fault AssumeRole throttle 2    (see stage.ts for what can be arranged)
 *     $ zsp login corp       runs a command; NAME=value before it is added to the environment
 *     what stdout says
 *     ! what stderr says
 *     ? 4                    the exit status, where it is not 0
 *
 * A line of stdout that starts like one of these has a backslash before it. Blank lines at the end of an output
 * do not count. `<TIME>`, `<PORT>` and the like stand for what differs from run to run: placeholders.ts.
 */
export type Entry =
  | { readonly kind: 'remark'; readonly line: string }
  | { readonly kind: 'file'; readonly path: string; readonly lines: readonly string[] }
  | { readonly kind: 'arrange'; readonly words: readonly string[]; readonly line: string }
  | { readonly kind: 'command'; readonly command: string; readonly output: Output; readonly blanks: number };

export interface Output {
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
  readonly status: number | null;
}

const special = /^(?:[#<|%$!?](?: |$)|\\)/;

export function parseTranscript(text: string): readonly Entry[] {
  const lines = text.replace(/\n$/, '').split('\n');
  const entries: Entry[] = [];
  for (let at = 0; at < lines.length; ) {
    const line = lines[at] ?? '';
    const rest = line.slice(2);
    at += 1;
    if (line.startsWith('< ')) {
      const end = endOf(lines, at, (next) => /^\|(?: |$)/.test(next));
      entries.push({ kind: 'file', path: rest, lines: lines.slice(at, end).map((next) => next.replace(/^\| ?/, '')) });
      at = end;
    } else if (line.startsWith('$ ')) {
      const end = endOf(lines, at, (next) => !/^[#<%$](?: |$)/.test(next));
      const block = lines.slice(at, end);
      const blanks = block.length - withoutBlankEnd(block).length;
      entries.push({ kind: 'command', command: rest, output: parseOutput(withoutBlankEnd(block)), blanks });
      at = end;
    } else if (line.startsWith('% ')) {
      entries.push({ kind: 'arrange', words: rest.split(/\s+/), line });
    } else if (line === '' || line === '#' || line.startsWith('# ')) {
      entries.push({ kind: 'remark', line });
    } else {
      throw new Error(`line ${at} belongs to no command: ${line}`);
    }
  }
  return entries;
}

export function formatTranscript(entries: readonly Entry[]): string {
  const lines = entries.flatMap((entry) => {
    if (entry.kind === 'file') return [`< ${entry.path}`, ...entry.lines.map((line) => `| ${line}`.trimEnd())];
    if (entry.kind !== 'command') return [entry.line];
    return [`$ ${entry.command}`, ...formatOutput(entry.output), ...Array<string>(entry.blanks).fill('')];
  });
  return `${lines.join('\n')}\n`;
}

export function formatOutput({ stdout, stderr, status }: Output): readonly string[] {
  return [
    ...stdout.map((line) => (special.test(line) ? `\\${line}` : line)),
    ...stderr.map((line) => `! ${line}`.trimEnd()),
    ...(status === 0 ? [] : [`? ${status}`]),
  ];
}

/** A stream as the lines of a transcript. */
export function linesOf(text: string): readonly string[] {
  return withoutBlankEnd(text.split('\n').map((line) => line.trimEnd()));
}

function parseOutput(lines: readonly string[]): Output {
  const status = lines.find((line) => line.startsWith('? '));
  return {
    stdout: lines.filter((line) => !/^[!?](?: |$)/.test(line)).map((line) => line.replace(/^\\/, '')),
    stderr: lines.filter((line) => /^!(?: |$)/.test(line)).map((line) => line.replace(/^! ?/, '')),
    status: status === undefined ? 0 : Number(status.slice(2)),
  };
}

function endOf(lines: readonly string[], from: number, belongs: (line: string) => boolean): number {
  const length = lines.slice(from).findIndex((line) => !belongs(line));
  return length < 0 ? lines.length : from + length;
}

function withoutBlankEnd(lines: readonly string[]): readonly string[] {
  const last = lines.findLastIndex((line) => line !== '');
  return lines.slice(0, last + 1);
}
