import { closeSync, fsyncSync, linkSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { ZspError } from './errors';

/** Writes a file whole, 0600: a reader sees the old content or the new. @throws ZspError `storage_failed` */
export function replaceFile(path: string, content: string | Buffer): void {
  withTemporary(path, content, (temporary) => renameSync(temporary, path));
}

/** Writes a file whole, 0600, unless there is one already: of several at once the first wins. @throws ZspError `storage_failed` */
export function createFile(path: string, content: string | Buffer): void {
  withTemporary(path, content, (temporary) => {
    try {
      linkSync(temporary, path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  });
}

function withTemporary(path: string, content: string | Buffer, place: (temporary: string) => void): void {
  const temporary = `${path}.${process.pid}-${Math.random().toString(36).slice(2)}.tmp`;
  try {
    const file = openSync(temporary, 'wx', 0o600);
    try {
      const bytes = Buffer.from(content);
      if (writeSync(file, bytes) !== bytes.length) throw Object.assign(new Error('short write'), { code: 'ENOSPC' });
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    place(temporary);
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new ZspError('storage_failed', `cannot write ${path} (${reason})`, {
      remedy: 'check that the disk has room and that the directory is yours and writable',
      cause,
    });
  } finally {
    rmSync(temporary, { force: true });
  }
}
