import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { ZspError } from './errors';

export type Env = Readonly<Record<string, string | undefined>>;

/** Where zsp keeps things, by platform. Relative XDG values are ignored, as the XDG base directory specification says. */
export interface Places {
  /** `policies/NAME.json`, written by the user. */
  readonly config: string;
  /** The ledger, the last error, the recorded keychain backend. */
  readonly state: string;
  /** Locks and sealed items: in RAM where the system has such a place. */
  readonly runtime: string;
}

export function places(env: Env, platform: NodeJS.Platform = process.platform): Places {
  if (platform === 'win32') {
    const local = join(env.LOCALAPPDATA || join(home(env, platform), 'AppData', 'Local'), 'zsp');
    const roaming = join(env.APPDATA || join(home(env, platform), 'AppData', 'Roaming'), 'zsp');
    return { config: roaming, state: local, runtime: join(local, 'run') };
  }
  if (platform === 'darwin') {
    const library = join(home(env, platform), 'Library', 'Application Support', 'zsp');
    const config = xdg(env.XDG_CONFIG_HOME);
    return { config: config ? join(config, 'zsp') : library, state: library, runtime: join(library, 'run') };
  }
  const state = join(xdg(env.XDG_STATE_HOME) ?? join(home(env, platform), '.local', 'state'), 'zsp');
  const runtime = xdg(env.XDG_RUNTIME_DIR);
  return {
    config: join(xdg(env.XDG_CONFIG_HOME) ?? join(home(env, platform), '.config'), 'zsp'),
    state,
    runtime: runtime ? join(runtime, 'zsp') : join(state, 'run'),
  };
}

/** The home directory as the AWS SDKs find it: the environment's, else the account's. */
export function home(env: Env, platform: NodeJS.Platform = process.platform): string {
  return (platform === 'win32' ? env.USERPROFILE : env.HOME) || env.HOME || accountHome();
}

/** Loaded late: a hit has a home in its environment. */
function accountHome(): string {
  const { homedir } = require('node:os') as typeof import('node:os');
  return homedir();
}

function xdg(value: string | undefined): string | undefined {
  return value?.startsWith('/') ? value : undefined;
}

/**
 * Makes sure a directory exists and is this user's alone: 0700, owned by us, no symbolic link; and so is every directory of
 * zsp's above it, since whoever can rename one of them could put another in its place.
 * @throws ZspError `storage_failed`
 */
export function ensurePrivateDirectory(path: string): void {
  try {
    makeDirectory(path);
    if (process.platform === 'win32') return;
    const [first = path, ...rest] = ownDirectories(path);
    refuseReplaceable(dirname(first));
    for (const directory of [first, ...rest]) makePrivate(directory);
  } catch (cause) {
    if (cause instanceof ZspError) throw cause;
    const reason = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new ZspError('storage_failed', `cannot make ${path} (${reason})`, {
      remedy:
        'check that the disk has room and that the directory above it is yours and writable, or point XDG_STATE_HOME and ' +
        'XDG_RUNTIME_DIR elsewhere',
      cause,
    });
  }
}

/**
 * Makes a directory, 0700, and those above it. Node's own `recursive` says ENOENT where the one above is read-only, and tries for
 * ever where the kernel says ENOENT below a directory that is there, as in /proc.
 * @throws the file system's error
 */
export function makeDirectory(path: string): void {
  if (existsSync(path)) return;
  const above = dirname(path);
  if (above !== path) makeDirectory(above);
  try {
    mkdirSync(path, 0o700);
  } catch (error) {
    // Another process was faster.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** From the directory called zsp down to `path`; `path` alone where none is called so. */
function ownDirectories(path: string): readonly string[] {
  const parts = path.split(sep);
  const top = parts.lastIndexOf('zsp');
  if (top < 0) return [path];
  return parts.slice(top).map((_, index) => parts.slice(0, top + index + 1).join(sep));
}

function makePrivate(path: string): void {
  const found = lstatSync(path);
  if (!found.isDirectory()) throw new ZspError('storage_failed', `${path} is not a directory`, moveAway(path));
  if (found.uid !== process.geteuid?.()) {
    throw new ZspError('storage_failed', `${path} belongs to another user`, moveAway(path));
  }
  if ((found.mode & 0o077) !== 0) chmodSync(path, 0o700);
}

/** A directory whose entries another user may rename: one of his own, or one anybody may write to that is not sticky like /tmp. */
function refuseReplaceable(path: string): void {
  const { uid, mode } = statSync(path);
  const foreign = uid !== 0 && uid !== process.geteuid?.();
  if (!foreign && ((mode & 0o002) === 0 || (mode & 0o1000) !== 0)) return;
  throw new ZspError('storage_failed', `another user could replace what zsp keeps in ${path}`, {
    remedy: 'make it yours and writable by you alone, or point XDG_RUNTIME_DIR and XDG_STATE_HOME elsewhere',
  });
}

function moveAway(path: string): { remedy: string } {
  return { remedy: `move ${path} away and run the command again` };
}

/** The bytes of a file. A named pipe or a device would hang the caller, or never end. @throws the file system's error */
export function readRegularFile(path: string): Buffer {
  if (!statSync(path).isFile()) throw Object.assign(new Error('not a regular file'), { code: 'not a regular file' });
  return readFileSync(path);
}
