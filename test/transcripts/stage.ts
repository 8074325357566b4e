import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Fault, FaultAction } from '../../src/sandbox/faults';
import { type Sandbox, startSandbox } from '../../src/sandbox/server';
import { splitCommand } from '../../src/terminal/command-line';
import { makeKeyId, makeSecret } from '../keys/made-up';
import { type Home, launcher, newHome, type Run, run, runZsp } from '../support/zsp';
import { type Known, withoutPlaceholders, withPlaceholders } from './placeholders';
import { type Entry, linesOf, type Output } from './transcript';

const node = process.env.ZSP_TEST_NODE ?? process.execPath;

const { version } = JSON.parse(readFileSync(join(launcher, '..', '..', 'package.json'), 'utf8')) as { version: string };

/** A long-lived key that is nobody's, for files that have one. */
const keyId = makeKeyId('AKIA', '111122223333');
const secretKey = makeSecret('a');

interface Stage {
  readonly home: Home;
  readonly sandbox: Sandbox;
  /** Added to the environment of every command from now on: `% env NAME=value`. */
  readonly env: Record<string, string>;
  /** Columns of the terminal the commands are typed on: `% terminal 80`; undefined, as at the start, where there is none. */
  columns: number | undefined;
}

/** Plays a transcript on a fresh home and sandbox, where the user approves each sign-in at once; returns what was really said. */
export async function play(entries: readonly Entry[]): Promise<readonly Entry[]> {
  const sandbox = await startSandbox({ autoApproveMs: 0 });
  const home = newHome({ AWS_ENDPOINT_URL: sandbox.url });
  try {
    const stage: Stage = { home, sandbox, env: {}, columns: undefined };
    const played: Entry[] = [];
    for (const entry of entries) played.push(await playEntry(stage, entry));
    return played;
  } finally {
    home.cleanup();
    await sandbox.close();
  }
}

async function playEntry(stage: Stage, entry: Entry): Promise<Entry> {
  if (entry.kind === 'file') {
    stage.home.write(entry.path, withoutPlaceholders(`${entry.lines.join('\n')}\n`, places(stage)));
  }
  if (entry.kind === 'arrange') arrange(stage, entry.words);
  return entry.kind === 'command' ? { ...entry, output: await type(stage, entry.command) } : entry;
}

async function type(stage: Stage, command: string): Promise<Output> {
  const words = splitCommand(withoutPlaceholders(command, places(stage)));
  const program = words.findIndex((word) => !/^[A-Za-z_]\w*=/.test(word));
  if (words[program] !== 'zsp') throw new Error(`only zsp can be run in a transcript: ${command}`);
  const env = { ...stage.home.env, ...stage.env, ...assignments(words.slice(0, program)) };
  const options = { env, cwd: stage.home.path };
  const args = words.slice(program + 1);
  const { stdout, stderr, status } = await (stage.columns
    ? onTerminal(stage.columns, args, options)
    : runZsp(args, options));
  const shown = (text: string) => linesOf(withPlaceholders(text, known(stage)));
  return { stdout: shown(stdout), stderr: shown(stderr), status };
}

/** A line that says what is waited for: gone when the waiting ends, and drawn as often as that takes. */
const waiting = /\r\x1b\[2K(?:[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] [^\r\n]*)?/g;

/** A terminal has one screen: both streams are shown as stdout, and an escape sequence starts with `␛`. */
async function onTerminal(columns: number, args: readonly string[], options: Parameters<typeof run>[2]): Promise<Run> {
  const quoted = [node, launcher, ...args].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  const command = `stty -echo cols ${columns} rows 24; exec ${quoted}`;
  const env = { ...options.env, TERM: 'xterm-256color', SHELL: '/bin/sh' };
  const { stdout, status } = await run('script', ['-qec', command, '/dev/null'], { ...options, env });
  const kept = stdout.replaceAll('\r\n', '\n').replace(waiting, '').replaceAll('\x1b', '␛');
  return { stdout: kept, stderr: '', status };
}

/**
 * What goes on around the commands: `env NAME=value`, `fault OPERATION ACTION [TIMES]`, `no-faults`, `revoke-token`,
 * `revoke-refresh-tokens`, `revoke-credentials`, `remove PATH` (of the home), `terminal COLUMNS`, `pipe`.
 */
function arrange(stage: Stage, [what, ...words]: readonly string[]): void {
  const { sandbox, env, home } = stage;
  const [first, second, third] = words;
  if (what === 'env') Object.assign(env, assignments(words));
  else if (what === 'fault' && first && second) sandbox.faults.push(fault(first, second as FaultAction, third));
  else if (what === 'no-faults') sandbox.faults.length = 0;
  else if (what === 'revoke-token') sandbox.revokeToken();
  else if (what === 'revoke-refresh-tokens') sandbox.revokeRefreshTokens();
  else if (what === 'revoke-credentials') sandbox.revokeCredentials();
  else if (what === 'terminal' && first) stage.columns = Number(first);
  else if (what === 'pipe') stage.columns = undefined;
  else if (what === 'remove' && first) home.remove(first);
  else throw new Error(`a transcript cannot arrange: ${[what, ...words].join(' ')}`);
}

function fault(operation: string, action: FaultAction, times: string | undefined): Fault {
  return { match: { operation, ...(times === undefined ? {} : { times: Number(times) }) }, action };
}

function assignments(words: readonly string[]): Record<string, string> {
  return Object.fromEntries(words.map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]));
}

function places({ home, sandbox }: Stage): Known {
  return [
    [home.path, '<HOME>'],
    [sandbox.url, '<SANDBOX>'],
    [keyId, '<KEY_ID>'],
    [secretKey, '<SECRET_KEY>'],
  ];
}

/** A secret that is printed is pinned too, as `<SECRET>`, so that a reader of the transcript sees where it is. */
function known(stage: Stage): Known {
  const secrets = stage.sandbox
    .secrets()
    .flatMap((secret) => [secret, encodeURIComponent(secret)].map((text) => [text, '<SECRET>'] as const));
  return [...places(stage), [launcher, '<ZSP>'], [node, '<NODE>'], [version, '<VERSION>'], ...secrets];
}
