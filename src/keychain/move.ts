import { ZspError } from '../errors';
import { type Env, ensurePrivateDirectory, places } from '../places';
import { replaceFile } from '../private-file';
import type { Secret } from '../secret';
import type { OpenKeychain } from './choice';
import { recordPath } from './recorded-backend';
import type { SecretStore } from './secret-store';

interface Move {
  readonly env: Env;
  /** The keychain so far; it may be out of reach, which can be why another one is wanted. */
  readonly from: (() => Promise<OpenKeychain>) | undefined;
  readonly to: OpenKeychain;
  /** The names of all items of a keychain. */
  accounts(store: SecretStore): Promise<readonly string[]>;
}

/**
 * Makes another keychain the recorded one, which `auto` means from then on, and moves every item. The new one has them all
 * before it is recorded, and the old one loses them after.
 * @returns how many items came along, and why those of the old keychain did not, where they could not be read
 * @throws ZspError `keychain_unavailable`, `storage_failed` where the new one cannot be used
 */
export async function moveKeychain({ env, from, to, accounts }: Move): Promise<{ moved: number; lost?: ZspError }> {
  const old = from && (await readAll(from, accounts));
  const items = old && 'items' in old ? old.items : [];
  for (const [account, value] of items) await to.store.set(account, value);
  ensurePrivateDirectory(places(env).state);
  replaceFile(recordPath(env, process.platform), `${to.backend}\n`);
  if (old && 'store' in old) for (const [account] of items) await forget(old.store, account);
  return { moved: items.length, ...(old && 'lost' in old && { lost: old.lost }) };
}

type Old =
  | { readonly store: SecretStore; readonly items: readonly (readonly [string, Secret])[] }
  | { readonly lost: ZspError };

async function readAll(open: NonNullable<Move['from']>, accounts: Move['accounts']): Promise<Old> {
  try {
    const { store } = await open();
    const items: [string, Secret][] = [];
    for (const account of await accounts(store)) {
      const value = await store.get(account);
      if (value) items.push([account, value]);
    }
    return { store, items };
  } catch (error) {
    if (error instanceof ZspError) return { lost: error };
    throw error;
  }
}

/** The new keychain has the item: that the old one keeps a copy is no reason to fail. */
async function forget(store: SecretStore, account: string): Promise<void> {
  try {
    await store.delete(account);
  } catch (error) {
    if (!(error instanceof ZspError)) throw error;
  }
}
