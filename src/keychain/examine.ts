import { existsSync } from 'node:fs';
import { type Env, ensurePrivateDirectory } from '../places';
import { refuseBlankPassword } from './blank-password';
import type { OpenKeychain } from './choice';
import { probe } from './probe';
import { sealedDirectory } from './sealed-file';
import { wrappedKeyPath } from './wrapped-key';

/** Sets, gets and deletes a dummy item, and leaves no item behind. @throws ZspError `keychain_unavailable`, `storage_failed` */
export async function examineKeychain({ backend, store }: OpenKeychain, env: Env): Promise<void> {
  if (backend === 'file') {
    const directory = sealedDirectory(backend, env);
    ensurePrivateDirectory(directory);
    // Its first use asks for a new passphrase: not a thing to do by the way.
    if (!existsSync(wrappedKeyPath(directory))) return;
  }
  if (backend === 'secret-service') await refuseBlankPassword(backend, store, env);
  else await probe(store);
}
