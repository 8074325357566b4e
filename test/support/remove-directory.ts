import { rmSync } from 'node:fs';

const changing = new Set(['ENOTEMPTY', 'EBUSY']);

/**
 * Removes a directory of a test. What a test has closed may still be ending: a shell writes its history, a zsp the end of its
 * window. So what appears meanwhile is removed too, for ten seconds; `rmSync` with `maxRetries` would only repeat the last
 * `rmdir`.
 */
export function removeDirectory(path: string): void {
  for (const end = Date.now() + 10_000; ; Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50)) {
    try {
      rmSync(path, { recursive: true, force: true });
      return;
    } catch (error) {
      if (!changing.has((error as NodeJS.ErrnoException).code ?? '') || Date.now() > end) throw error;
    }
  }
}
