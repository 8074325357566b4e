import { hold } from './lock-file';

/**
 * Of many processes that are about to do one costly thing, lets one go ahead. A courtesy and no lock: what must not happen
 * twice has a lock of its own.
 * @returns true at once for the first, whose turn lasts as long as its process; false for the others, when that has ended or
 *   `milliseconds` have passed
 * @throws ZspError `storage_failed`
 */
export async function isFirst(directory: string, name: string, milliseconds: number): Promise<boolean> {
  if (await hold(directory, `turn:${name}`, 0)) return true;
  const release = await hold(directory, `turn:${name}`, milliseconds);
  release?.();
  return false;
}
