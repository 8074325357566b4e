import { isUtf8 } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  copyFileSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  lstatSync,
  openSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import { ZspError } from '../errors';
import { type Env, makeDirectory, readRegularFile } from '../places';
import { configError } from './config-error';
import { reasonOf } from './config-file';
import { configPath } from './settings';

/** A config file as it is before an edit; `text` is empty where there is none yet. */
export interface ConfigDraft {
  /** Its real path: a symbolic link stays one. */
  readonly path: string;
  readonly text: string;
}

/** @throws ZspError `config_invalid` for what is no UTF-8 text file that can be read */
export function readConfigDraft(env: Env, named = configPath(env)): ConfigDraft {
  const path = realPath(named);
  try {
    return { path, text: readIfThere(path)?.toString('utf8') ?? '' };
  } catch (cause) {
    if (cause instanceof ZspError) throw cause;
    throw configError({ file: path }, `cannot be read (${reasonOf(cause)})`, `make ${path} a file you can read`, cause);
  }
}

/**
 * Puts another text in place of a config file, whole or not at all, with its mode and owner; a new one is 0600. Its first
 * state stays beside it as `config.before-zsp`, unless `backup` is false: where a secret is taken out, no copy may keep it.
 * @throws ZspError `config_invalid` where somebody changed the file since it was read, `storage_failed`, also of a read-only one
 */
export function writeConfig({ path, text: before }: ConfigDraft, text: string, { backup = true } = {}): void {
  const temporary = `${path}.${process.pid}-${randomBytes(6).toString('hex')}.tmp`;
  try {
    makeDirectory(dirname(path));
    refuseChanged(path, before);
    const old = statSync(path, { throwIfNoEntry: false });
    refuseReadOnly(path, old);
    if (backup) keepFirst(path);
    writeBeside(temporary, text, old);
    // Again, as late as can be: an editor may have saved meanwhile.
    refuseChanged(path, before);
    renameSync(temporary, path);
    syncDirectory(dirname(path));
  } catch (cause) {
    if (cause instanceof ZspError) throw cause;
    throw new ZspError('storage_failed', `cannot write ${path} (${reasonOf(cause)}); it is as it was`, {
      remedy: 'check that the disk has room and that the file and its directory are yours and writable',
      cause,
    });
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** Where the chain of links ends, also if nothing is there yet. */
function realPath(named: string): string {
  let path = resolve(named);
  for (let links = 0; links < 40; links += 1) {
    if (!lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) break;
    path = resolve(dirname(path), readlinkSync(path));
  }
  try {
    return realpathSync.native(path);
  } catch {
    return path;
  }
}

/** What is not UTF-8 would come back from text as other bytes. */
function readIfThere(path: string): Buffer | undefined {
  if (statSync(path, { throwIfNoEntry: false }) === undefined) return undefined;
  const bytes = readRegularFile(path);
  if (isUtf8(bytes)) return bytes;
  throw configError({ file: path }, 'is not UTF-8, so zsp will not rewrite it', 'save it as UTF-8 in your editor');
}

function refuseChanged(path: string, before: string): void {
  if ((readIfThere(path)?.toString('utf8') ?? '') === before) return;
  throw configError(
    { file: path },
    'was changed by something else meanwhile; nothing was written',
    'run the command again',
  );
}

/** Replacing would go through; whoever made it so, a person or a program that writes it anew, does not want that. */
function refuseReadOnly(path: string, old: Stats | undefined): void {
  if (old === undefined || (old.mode & 0o222) !== 0) return;
  throw new ZspError('storage_failed', `${path} is read-only; nothing was written`, {
    remedy: `change it where it comes from, or make it writable: chmod u+w ${path}`,
  });
}

function keepFirst(path: string): void {
  try {
    copyFileSync(path, `${path}.before-zsp`, constants.COPYFILE_EXCL);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // There is one already, or nothing to keep.
    if (code !== 'EEXIST' && code !== 'ENOENT') throw error;
  }
}

function writeBeside(temporary: string, text: string, old: Stats | undefined): void {
  const file = openSync(temporary, 'wx', 0o600);
  try {
    writeFileSync(file, text);
    if (old && process.platform !== 'win32') {
      const { uid, gid, mode } = old;
      if (uid !== process.geteuid?.() || gid !== process.getegid?.()) fchownSync(file, uid, gid);
      fchmodSync(file, mode & 0o7777);
    }
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** So that the new name survives a crash too; not every file system can. */
function syncDirectory(path: string): void {
  try {
    const directory = openSync(path, 'r');
    fsyncSync(directory);
    closeSync(directory);
  } catch {
    // The file itself is on the disk.
  }
}
