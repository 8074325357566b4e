import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  openSync,
  readSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { ZspError } from '../errors';
import { ensurePrivateDirectory } from '../places';
import { longestLine } from './event';

/** The ledger's file, opened for one append. */
export interface LedgerFile {
  /** The last line's bytes, without the newline; undefined in an empty file. Longer than any entry may be if it is none. */
  readonly lastLine: Buffer | undefined;
  /** Appends a line in one write and waits until the disk has it; on failure the file is as before. */
  append(line: Buffer): void;
}

/**
 * Opens the ledger, and cuts an unfinished last line: a newline ends every write, so its writer was killed or met a full disk,
 * and nothing was done on its strength. (A finished line that somebody shortened is missed by the head in the keychain.)
 * @throws ZspError `storage_failed`
 */
export async function withLedgerFile<T>(path: string, work: (file: LedgerFile) => Promise<T>): Promise<T> {
  ensurePrivateDirectory(dirname(path));
  const fd = orStorageFailed(path, () => openOwn(path));
  try {
    const lastLine = orStorageFailed(path, () => {
      cutUnfinishedLine(path, fd);
      return readLastLine(fd);
    });
    return await work({ lastLine, append: (line) => orStorageFailed(path, () => appendLine(path, fd, line)) });
  } finally {
    closeSync(fd);
  }
}

function openOwn(path: string): number {
  const { O_RDWR, O_APPEND, O_CREAT, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;
  const fd = openSync(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
  try {
    const found = fstatSync(fd);
    if (!found.isFile()) throw Object.assign(new Error('not a file'), { code: 'not a file' });
    if (process.platform !== 'win32' && (found.mode & 0o077) !== 0) fchmodSync(fd, 0o600);
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** Cutting goes by the path, since Windows does not let an appending descriptor shorten its file. */
function cutUnfinishedLine(path: string, fd: number): void {
  const { size } = fstatSync(fd);
  const end = lastNewline(fd, size) + 1;
  if (end === size) return;
  truncateSync(path, end);
  fsyncSync(fd);
}

function readLastLine(fd: number): Buffer | undefined {
  const { size } = fstatSync(fd);
  if (size === 0) return undefined;
  const start = Math.max(0, size - longestLine - 2);
  const bytes = readAt(fd, start, size - 1 - start);
  return bytes.subarray(bytes.lastIndexOf('\n') + 1);
}

/** The offset of the last newline before `end`, or -1. */
function lastNewline(fd: number, end: number): number {
  for (let stop = end; stop > 0; ) {
    const start = Math.max(0, stop - longestLine);
    const at = readAt(fd, start, stop - start).lastIndexOf('\n');
    if (at >= 0) return start + at;
    stop = start;
  }
  return -1;
}

function readAt(fd: number, position: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  return bytes.subarray(0, readSync(fd, bytes, 0, length, position));
}

function appendLine(path: string, fd: number, line: Buffer): void {
  const bytes = Buffer.concat([line, Buffer.from('\n')]);
  const { size } = fstatSync(fd);
  try {
    const written = writeSync(fd, bytes);
    if (written < bytes.length) throw Object.assign(new Error('short write'), { code: 'ENOSPC' });
    fsyncSync(fd);
  } catch (error) {
    truncateSync(path, size);
    throw error;
  }
}

function orStorageFailed<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new ZspError('storage_failed', `cannot write the ledger ${path} (${reason})`, {
      remedy: 'check that the disk has room and that the file is yours and writable',
      cause,
    });
  }
}
