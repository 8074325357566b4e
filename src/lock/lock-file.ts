import { closeSync, constants, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ZspError } from '../errors';
import { ensurePrivateDirectory } from '../places';

export type Release = () => void;

/**
 * Holds the lock file at `path` as soon as nobody else does, this process included. The kernel ends the hold when the file is
 * closed or its process ends, however it ends. Lock files are never unlinked: a process that locked an unlinked file and one
 * that locked its successor would both be holder (docs/adr/0004-lock.md).
 * @param milliseconds how long to wait; 0 for one try
 * @param done ends the wait early: there is nothing to wait for any more
 * @returns a release function, or undefined if the time passed first
 * @throws ZspError `storage_failed`
 */
export async function hold(
  path: string,
  milliseconds: number,
  done: () => boolean = () => false,
): Promise<Release | undefined> {
  const locks = loadLocks();
  ensurePrivateDirectory(dirname(path));
  const started = uptime();
  let fd: number | undefined;
  try {
    fd = openSync(path, constants.O_RDWR | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0), 0o600);
    while (!tryLock(locks, fd)) {
      const waited = uptime() - started;
      if (waited >= milliseconds || done()) return undefined;
      await sleep(Math.min(milliseconds - waited, pause(waited)));
    }
    const held = fd;
    fd = undefined;
    return releaseOnce(held);
  } catch (cause) {
    throw cannotLock(path, cause);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** Milliseconds; `performance` would be loaded for it. */
export function uptime(): number {
  return process.uptime() * 1000;
}

/**
 * Polling, since a blocking wait cannot be called off: a tenth of what was waited already, so that hundreds of waiters leave the
 * holder a processor; with jitter, so that a storm does not march in step.
 */
function pause(waited: number): number {
  return Math.min(5 + waited / 10, 150) * (0.75 + Math.random() / 2);
}

/** @returns whether the lock was free. Windows says EBUSY (libuv's word for ERROR_LOCK_VIOLATION) where others say EAGAIN */
function tryLock(locks: Locks, fd: number): boolean {
  try {
    locks.tryLock(fd, 0, 0, true);
    return true;
  } catch (error) {
    if (['EAGAIN', 'EBUSY'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

function releaseOnce(fd: number): Release {
  let held = true;
  return () => {
    if (held) closeSync(fd);
    held = false;
  };
}

/** Locks a whole file for this open file, or throws EAGAIN. Offset and length 0 are all of it. */
interface Locks {
  tryLock(fd: number, offset: number, length: number, exclusive: boolean): void;
}

/** The binary of `fs-native-extensions` by its place in the package: to let the package look for it takes ten times as long. */
function loadLocks(): Locks {
  const target = `${process.platform}-${process.arch}`;
  try {
    return require(`fs-native-extensions/prebuilds/${target}/fs-native-extensions.node`) as Locks;
  } catch (cause) {
    throw new ZspError('storage_failed', `no file locks for ${target} in this installation`, {
      remedy: 'install zsp on a platform it supports: macOS, Windows, or Linux with glibc, on x64 or arm64',
      cause,
    });
  }
}

const noLocks = new Set(['ENOLCK', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EINVAL']);

function cannotLock(path: string, cause: unknown): ZspError {
  const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
  return new ZspError('storage_failed', `cannot lock ${path} (${code})`, {
    remedy: noLocks.has(code)
      ? 'its file system has no locks: point XDG_RUNTIME_DIR or XDG_STATE_HOME at a local disk'
      : 'check that the disk has room and that the directory is yours and writable',
    cause,
  });
}
