import { createHash } from 'node:crypto';
import { closeSync, constants, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ZspError } from '../errors';
import { ensurePrivateDirectory } from '../places';

export type Release = () => void;

/**
 * Holds the lock file of `name` as soon as nobody else does, this process included. The kernel ends the hold when the file is
 * closed or its process ends, however it ends. Lock files are never unlinked: a process that locked an unlinked file and one
 * that locked its successor would both be holder (docs/adr/0004-lock.md).
 * @param milliseconds how long to wait; 0 for one try
 * @returns a release function, or undefined if the time passed first
 * @throws ZspError `storage_failed`
 */
export async function hold(directory: string, name: string, milliseconds: number): Promise<Release | undefined> {
  const locks = loadLocks();
  ensurePrivateDirectory(directory);
  const path = join(directory, lockFileName(name));
  const started = performance.now();
  let fd: number | undefined;
  try {
    fd = openSync(path, constants.O_RDWR | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0), 0o600);
    while (!tryLock(locks, fd)) {
      const waited = performance.now() - started;
      if (waited >= milliseconds) return undefined;
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

/**
 * Polling, since a blocking wait cannot be called off; with jitter, so that a storm does not march in step; and ever slower, so
 * that hundreds of waiters leave the holder a processor.
 */
function pause(waited: number): number {
  return Math.min(5 + waited / 20, 40) + Math.random() * Math.min(20 + waited / 20, 40);
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

/** A readable beginning for whoever lists the directory, and a hash, so that no two names meet on any file system. */
export function lockFileName(name: string): string {
  const readable = name.replace(/[^A-Za-z0-9]+/g, '-').slice(0, 40);
  return `${readable}.${createHash('sha256').update(name).digest('hex').slice(0, 32)}.lock`;
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
