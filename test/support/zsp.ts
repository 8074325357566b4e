import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { removeDirectory } from './remove-directory';

/** The launcher that users install; `npm test` has built dist before any test runs. */
export const launcher = join(__dirname, '..', '..', 'bin', 'zsp.js');

type Env = Readonly<Record<string, string>>;

export interface Run {
  /** The exit status; null where a signal ended the process. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** The whole environment: nothing is inherited. Usually `newHome().env`. */
  readonly env: Env;
  readonly cwd?: string;
  /** What to write to stdin, which is then closed. Without it stdin is empty. */
  readonly stdin?: string;
  /** Another Node to run it with; ZSP_TEST_NODE, or the one the tests run on, when not said. */
  readonly node?: string;
  /** Milliseconds until the process is killed; 30 s when not said. */
  readonly timeout?: number;
}

/** Runs the built zsp as a user would, without a shell. */
export function runZsp(args: readonly string[], options: RunOptions): Promise<Run> {
  return run(options.node ?? process.env.ZSP_TEST_NODE ?? process.execPath, [launcher, ...args], options);
}

/** Runs any program with nothing inherited but what `options` says. */
export function run(command: string, args: readonly string[], options: RunOptions): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      env: { ...options.env },
      cwd: options.cwd,
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: options.timeout ?? 30_000,
      killSignal: 'SIGKILL',
      windowsHide: true,
      detached: process.platform !== 'win32', // no controlling terminal: nothing can ask the developer for a passphrase
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.stdin.on('error', () => {}); // a program that never reads its stdin closes it under us
    child.stdin.end(options.stdin ?? '');
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, stdout, stderr }));
  });
}

export interface Home {
  readonly path: string;
  /** HOME, XDG and Windows places inside `path`, PATH, a fixed passphrase for the `file` keychain; no bus, no display. */
  readonly env: Env;
  /** Writes a file under the home, making its directories; returns its absolute path. */
  write(relative: string, text: string): string;
  /** Removes a file or directory under the home. */
  remove(relative: string): void;
  cleanup(): void;
}

/** A throw-away home directory; `more` is added to its environment. */
export function newHome(more: Env = {}): Home {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'zsp-home-')));
  const runtime = join(path, 'run');
  mkdirSync(runtime, { mode: 0o700 });
  return {
    path,
    env: { ...inherited(), ...placesIn(path), ZSP_PASSPHRASE: 'correct horse battery staple', ...more },
    write(relative, text) {
      const file = join(path, relative);
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
      writeFileSync(file, text, { mode: 0o600 });
      return file;
    },
    remove: (relative) => removeDirectory(join(path, relative)),
    // A zsp whose terminal was closed may still be writing down that its window has ended.
    cleanup: () => removeDirectory(path),
  };
}

function placesIn(path: string): Env {
  return {
    HOME: path,
    USERPROFILE: path,
    APPDATA: join(path, 'AppData', 'Roaming'),
    LOCALAPPDATA: join(path, 'AppData', 'Local'),
    XDG_CONFIG_HOME: join(path, '.config'),
    XDG_STATE_HOME: join(path, '.local', 'state'),
    XDG_DATA_HOME: join(path, '.local', 'share'),
    XDG_CACHE_HOME: join(path, '.cache'),
    XDG_RUNTIME_DIR: join(path, 'run'),
    AWS_CONFIG_FILE: join(path, '.aws', 'config'),
    AWS_SHARED_CREDENTIALS_FILE: join(path, '.aws', 'credentials'),
    AWS_EC2_METADATA_DISABLED: 'true',
    TMPDIR: tmpdir(),
    TZ: 'UTC',
    LANG: 'C.UTF-8',
    TERM: 'dumb',
  };
}

/** What a process cannot start without, and nothing that could change what it says. */
function inherited(): Env {
  const kept = ['PATH', 'Path', 'SystemRoot', 'windir', 'PATHEXT', 'COMSPEC', 'TEMP', 'TMP'];
  return Object.fromEntries(kept.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}
