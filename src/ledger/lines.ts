import { createReadStream, statSync } from 'node:fs';
import { ZspError } from '../errors';
import { longestLine } from './event';

/** One line as it lies in the file. */
export interface Line {
  /** From 1. */
  readonly number: number;
  /** Without the newline; of a line longer than zsp writes, its beginning. */
  readonly bytes: Buffer;
  /** False for a last line without a newline. */
  readonly finished: boolean;
}

/**
 * Streams the lines of a file in memory bounded by the longest line; an absent file has none.
 * @throws ZspError `storage_failed`
 */
export async function* readLines(path: string): AsyncGenerator<Line> {
  let number = 0;
  let rest = Buffer.alloc(0);
  try {
    // A named pipe would be waited on for ever.
    if (!statSync(path).isFile()) throw Object.assign(new Error('not a file'), { code: 'not a file' });
    for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024 })) {
      let bytes = Buffer.concat([rest, chunk as Buffer]);
      for (let end = bytes.indexOf('\n'); end >= 0; end = bytes.indexOf('\n')) {
        yield { number: ++number, bytes: bytes.subarray(0, end), finished: true };
        bytes = bytes.subarray(end + 1);
      }
      rest = bytes.subarray(0, longestLine + 1);
    }
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
    if (code === 'ENOENT') return;
    throw new ZspError('storage_failed', `cannot read the ledger ${path} (${code})`, {
      remedy: 'check that it is a file and yours to read',
      cause,
    });
  }
  if (rest.length > 0) yield { number: ++number, bytes: rest, finished: false };
}
