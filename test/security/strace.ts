import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeDirectory } from '../support/remove-directory';
import { launcher, type Run, run } from '../support/zsp';

/** A system call by which text leaves a process: what was said, and to whom. Texts are bytes in latin1. */
export interface Said {
  readonly call: string;
  /** A path, `TCP:[from->to]`, `pipe:[…]`, the path of a Unix socket; empty for a call that goes by a path. */
  readonly to: string;
  readonly fd: number;
  readonly text: string;
}

/** A program that was started. */
export interface Started {
  readonly words: readonly string[];
  readonly environment: string;
}

export interface Trace {
  readonly run: Run;
  readonly said: readonly Said[];
  readonly started: readonly Started[];
}

const writing = 'write,writev,pwrite64,pwritev,pwritev2,sendto,sendmsg,sendmmsg';
const naming = 'openat,open,creat,mkdir,mkdirat,rename,renameat,renameat2,link,linkat,symlink,symlinkat,connect';
const node = process.env.ZSP_TEST_NODE ?? process.execPath;

/** Runs zsp, and all that it starts, under strace. With io_uring off, whose writes strace would not see. */
export async function traceZsp(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Trace> {
  const directory = mkdtempSync(join(tmpdir(), 'zsp-strace-'));
  try {
    const calls = `trace=${writing},${naming},execve,execveat`;
    const how = ['-f', '-ff', '-yy', '-v', '-xx', '-s', '1000000', '--seccomp-bpf', '-e', 'signal=none', '-e', calls];
    const words = [...how, '-o', join(directory, 'trace'), node, launcher, ...args];
    const ended = await run('strace', words, { env: { ...env, UV_USE_IO_URING: '0' }, timeout: 60_000 });
    const lines = readdirSync(directory).flatMap((name) => readFileSync(join(directory, name), 'latin1').split('\n'));
    return { run: ended, said: readSaid(lines), started: lines.flatMap(readStarted) };
  } finally {
    removeDirectory(directory);
  }
}

function readSaid(lines: readonly string[]): readonly Said[] {
  // A client's end of a Unix socket has no name; where it was connected to says `connect`.
  const sockets = new Map<string, string>();
  for (const line of lines) {
    const [, inode, path = ''] =
      /^connect\(\d+<UNIX-STREAM:\[(\d+)[^>]*>, \{[^}]*sun_path=@?"([^"]*)"/.exec(line) ?? [];
    if (inode !== undefined) sockets.set(inode, unhex(path));
  }
  return lines.flatMap((line) => {
    const [, call, rest = ''] = /^(\w+)\((.*)$/.exec(line) ?? [];
    if (call === undefined || call.startsWith('execve')) return [];
    const [, fd = '-1', target = ''] = /^(\d+)<((?:->|[^>])*)>/.exec(rest) ?? [];
    const inode = /^UNIX-STREAM:\[(\d+)/.exec(target)?.[1];
    return [{ call, fd: Number(fd), to: (inode && sockets.get(inode)) || unhex(target), text: textsIn(rest).join('') }];
  });
}

function readStarted(line: string): readonly Started[] {
  const [, words, environment = ''] = /^execve\("[^"]*", \[([^\]]*)\], \[([^\]]*)\]/.exec(line) ?? [];
  return words === undefined ? [] : [{ words: textsIn(words), environment: textsIn(environment).join('\n') }];
}

function textsIn(rest: string): readonly string[] {
  return [...rest.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g)].map(([, hex = '']) => unhex(hex));
}

/** strace writes texts as `\x2f\x74…`. */
function unhex(text: string): string {
  return text.replace(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
