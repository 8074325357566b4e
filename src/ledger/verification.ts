import { createChain, type Verification } from './chain';
import { type LedgerEntry, type Link, parseEntry } from './event';
import { readLines } from './lines';

/** The entries that can be read, oldest first; whether they are to be believed, `verifyLedger` says. */
export async function* readLedger(file: string): AsyncGenerator<LedgerEntry> {
  for await (const { bytes, finished } of readLines(file)) {
    const entry = finished ? parseEntry(bytes) : undefined;
    if (entry) yield entry;
  }
}

/**
 * Follows the chain from the first line to the head in the keychain. One line that the keychain has not been told of yet, and
 * an unfinished one after it, are what a killed writer leaves: the next append heals them.
 * @param head from `readHead`
 * @throws ZspError `storage_failed` if the file cannot be read
 */
export async function verifyLedger(file: string, head: Link | undefined): Promise<Verification> {
  const chain = createChain();
  for await (const line of readLines(file)) {
    if (line.finished) chain.add(line);
    else chain.addUnfinished(line);
  }
  return chain.end(head);
}
