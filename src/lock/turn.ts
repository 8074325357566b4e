import { hold, uptime } from './lock-file';

/** How many followers look for the result at once. */
const lanes = 3;

export interface Turn {
  /** Whether there was another one to wait for. */
  readonly waited: boolean;
  /** Lets the next one go on. A process that ends has ended its turn too. */
  end(): void;
}

/**
 * Of many processes that are about to do one costly thing, lets one go ahead; the others wait until it is done, or has ended
 * without a result, and then follow a few at a time. A courtesy and no lock: what must not happen twice has a lock of its own.
 * @param path of the lock file
 * @param done whether the result is there
 * @param milliseconds how long to wait; after that everyone goes on
 * @throws ZspError `storage_failed`
 */
export async function takeTurn(path: string, done: () => boolean, milliseconds: number): Promise<Turn> {
  const started = uptime();
  const first = await hold(path, 0);
  if (first) return { waited: false, end: first };
  const next = await hold(path, milliseconds, done);
  if (next) return { waited: true, end: next };
  const left = Math.max(milliseconds - (uptime() - started), 0);
  return { waited: true, end: (await hold(`${path}.${process.pid % lanes}`, left)) ?? (() => {}) };
}
