import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { setImmediate as breathe } from 'node:timers/promises';
import type { Env } from '../places';
import { type FoundKey, findKeys, holdsSecret } from './detect';
import { type Skipped, walk } from './walk';

/** A key, and where it stands: in a file or in a variable of the environment. */
export interface Finding extends FoundKey {
  /** The path as it was named, or the variable's name. */
  readonly place: string;
  readonly in: 'file' | 'environment';
  /** Of the file's last change, epoch milliseconds. */
  readonly modifiedAt?: number;
}

export interface Scan {
  readonly findings: readonly Finding[];
  readonly files: number;
  readonly skipped: Readonly<Skipped>;
}

/** A larger file is hardly one that somebody wrote a key into. */
const largest = 5 * 1024 * 1024;
/** As git tells a binary: by a zero byte among the first. */
const sniffed = 8000;

/**
 * Looks for access keys in every file under some paths. Files are read one after another, in one buffer: with the page cache
 * warm that is several times faster than handing each open, stat, read and close to a thread.
 * @param progress told the number of files so far, now and then
 */
export async function scanFiles(paths: readonly string[], progress: (files: number) => void = () => {}): Promise<Scan> {
  const skipped: Skipped = { links: 0, binary: 0, tooLarge: 0, unreadable: 0 };
  const findings: Finding[] = [];
  const buffer = Buffer.allocUnsafe(largest);
  let files = 0;
  for (const path of walk(paths, skipped)) {
    files += 1;
    findings.push(...scanFile(path, buffer, skipped));
    if (files % 500 !== 0) continue;
    progress(files);
    // Ctrl-C is heard between two turns of the loop.
    await breathe();
  }
  return { findings, files, skipped };
}

/** Looks for access keys in the environment. A secret anywhere in it counts as beside each ID. */
export function scanEnvironment(env: Env): readonly Finding[] {
  const variables = Object.entries(env).filter((pair): pair is [string, string] => pair[1] !== undefined);
  const withSecret = variables.some(([, value]) => holdsSecret(value));
  return variables.flatMap(([place, value]) =>
    findKeys(Buffer.from(value)).map((key) => ({ ...key, withSecret, place, in: 'environment' as const })),
  );
}

function scanFile(path: string, buffer: Buffer, skipped: Skipped): readonly Finding[] {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    const { size, mtimeMs } = fstatSync(file);
    if (size > largest) {
      skipped.tooLarge += 1;
      return [];
    }
    const bytes = buffer.subarray(0, readSync(file, buffer, 0, size, 0));
    if (bytes.subarray(0, sniffed).includes(0)) {
      skipped.binary += 1;
      return [];
    }
    return findKeys(bytes).map((key) => ({ ...key, place: path, in: 'file', modifiedAt: mtimeMs }));
  } catch {
    skipped.unreadable += 1;
    return [];
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
