import { join } from 'node:path';
import type { Lock } from '../broker/ports';
import { ZspError } from '../errors';
import { hold } from './lock-file';
import { lockFileName } from './lock-file-name';

/**
 * One holder of a name at a time, across processes and within one. The same name must not be taken inside its own `work`.
 * @param waitMilliseconds how long a caller waits for the holder before it fails with `aws_unavailable`
 */
export function createLock({
  directory,
  waitMilliseconds,
}: {
  readonly directory: string;
  readonly waitMilliseconds: number;
}): Lock {
  return async (name, work) => {
    const release = await hold(join(directory, lockFileName(name)), waitMilliseconds);
    if (!release) throw stillHeld(name, waitMilliseconds);
    try {
      return await work();
    } finally {
      release();
    }
  };
}

function stillHeld(name: string, milliseconds: number): ZspError {
  const shown = name.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '?').slice(0, 200);
  const seconds = Math.max(1, Math.round(milliseconds / 1000));
  return new ZspError('aws_unavailable', `another zsp process has held ${shown} for ${seconds} s`, {
    remedy: 'try again; if it persists, look for a zsp process that hangs and end it',
  });
}
