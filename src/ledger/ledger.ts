import type { Lock } from '../broker/ports';
import type { SecretStore } from '../keychain/secret-store';
import { entryLine, follows, genesis, type LedgerEvent, type Link, linkOf, parseEntry } from './event';
import { readHead, writeHead } from './head';
import { withLedgerFile } from './ledger-file';

/** What was issued: one line an event, each with the hash of the line before. */
export interface Ledger {
  /**
   * Writes the line, then its place into the keychain.
   * @throws ZspError `storage_failed`, or what the lock and the store throw
   */
  append(event: LedgerEvent): Promise<void>;
}

/** @param now epoch milliseconds */
export function createLedger({
  file,
  lock,
  store,
  now,
}: {
  readonly file: string;
  readonly lock: Lock;
  readonly store: SecretStore;
  readonly now: () => number;
}): Ledger {
  return {
    append: (event) =>
      lock('ledger', () =>
        withLedgerFile(file, async ({ lastLine, append }) => {
          const last = await lastLink(lastLine, store);
          const line = entryLine(event, last, now());
          append(line);
          await writeHead(store, linkOf({ seq: last.seq + 1 }, line));
        }),
      ),
  };
}

/**
 * The link the next entry follows: the keychain's, which a tampered file cannot move, so that its gap stays to be seen. Only a
 * head that lags by one line, because its writer was killed before it could tell the keychain, is healed first: so the file is
 * never two lines ahead. Without a head a new chain begins, and that is seen too.
 */
async function lastLink(lastLine: Buffer | undefined, store: SecretStore): Promise<Link> {
  const head = (await readHead(store)) ?? genesis;
  const entry = lastLine && parseEntry(lastLine);
  if (!lastLine || !entry || !follows(entry, head)) return head;
  const link = linkOf(entry, lastLine);
  await writeHead(store, link);
  return link;
}
