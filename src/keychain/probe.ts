import { randomBytes } from 'node:crypto';
import { ZspError } from '../errors';
import { Secret } from '../secret';
import type { SecretStore } from './secret-store';

/**
 * Sees whether a store keeps a dummy item, which is gone afterwards.
 * @param whileKept looks at the world while the item, of this text, is kept
 * @throws ZspError `keychain_unavailable`, and what `whileKept` throws
 */
export async function probe(store: SecretStore, whileKept: (text: string) => void = () => {}): Promise<void> {
  const account = `probe:${randomBytes(8).toString('hex')}`;
  const text = `zsp-probe-${randomBytes(16).toString('hex')}`;
  await store.set(account, new Secret(text));
  try {
    const kept = await store.get(account);
    if (kept?.open() !== text) {
      throw new ZspError('keychain_unavailable', 'the keychain did not keep the item it was given', {
        remedy: 'run zsp doctor, or set zsp_keychain = file in the [sso-session]',
      });
    }
    whileKept(text);
  } finally {
    await store.delete(account);
  }
}
