import type { SecretStore } from '../keychain/secret-store';
import { Secret } from '../secret';
import type { Link } from './event';

/** The keychain item that knows where the ledger ends. */
export const ledgerHead = 'ledger-head';

/** Where the ledger's last line is, as the keychain knows it; undefined where it knows nothing it can read. */
export async function readHead(store: SecretStore): Promise<Link | undefined> {
  const item = await store.get(ledgerHead);
  const match = item && /^\{"v":1,"seq":([1-9]\d{0,14}),"hash":"([0-9a-f]{64})"\}$/.exec(item.open());
  return match?.[2] ? { seq: Number(match[1]), hash: match[2] } : undefined;
}

export async function writeHead(store: SecretStore, { seq, hash }: Link): Promise<void> {
  await store.set(ledgerHead, new Secret(JSON.stringify({ v: 1, seq, hash })));
}
