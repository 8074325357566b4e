import { existsSync } from 'node:fs';
import type { Env } from '../places';
import { refuseBlankPassword } from './blank-password';
import type { OpenKeychain } from './choice';
import { probe } from './probe';
import type { Backend } from './recorded-backend';
import { sealedDirectory } from './sealed-file';
import { wrappedKeyPath } from './wrapped-key';

/** Sets, gets and deletes a dummy item, and leaves no item behind. @throws ZspError `keychain_unavailable`, `storage_failed` */
export async function examineKeychain({ backend, store }: OpenKeychain, env: Env): Promise<void> {
  if (backend === 'secret-service') await refuseBlankPassword(backend, store, env);
  else await probe(store);
}

/** Whether a keychain's first use is yet to come, and would ask for a new passphrase: not a thing to do by the way. */
export function asksNewPassphrase(backend: Backend, env: Env): boolean {
  return backend === 'file' && !existsSync(wrappedKeyPath(sealedDirectory(backend, env)));
}
