import { hold, type Release } from './lock-file';

/**
 * Of many processes that are about to do one costly thing, lets one go ahead, and the others follow one by one. A courtesy and
 * no lock: what must not happen twice has a lock of its own.
 * @returns undefined at once for the first, whose turn lasts as long as its process; for the others, when it is their turn or
 *   `milliseconds` have passed, what ends their turn
 * @throws ZspError `storage_failed`
 */
export async function follow(directory: string, name: string, milliseconds: number): Promise<Release | undefined> {
  if (await hold(directory, `turn:${name}`, 0)) return undefined;
  return (await hold(directory, `turn:${name}`, milliseconds)) ?? (() => {});
}
