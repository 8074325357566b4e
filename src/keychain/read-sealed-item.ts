import type { Env } from '../places';
import type { Backend } from './recorded-backend';
import { dataKeyAccount, readDataKey, readIfPresent, sealedDirectory, sealedPath, unseal } from './sealed-file';
import { unwrapKey, wrappedKeyPath } from './wrapped-key';

/**
 * The hit path's read of one sealed item.
 * @param readKey reads an item of the store that holds the data key; undefined for `file`, whose passphrase holds it
 */
export function readSealedItem(
  backend: Backend,
  account: string,
  env: Env,
  readKey: ((account: string) => string | undefined) | undefined,
): string | undefined {
  const directory = sealedDirectory(backend, env);
  const sealed = readIfPresent(sealedPath(directory, account));
  if (!sealed) return undefined;
  const text = readKey ? readKey(dataKeyAccount) : readWrappedKey(directory, env.ZSP_PASSPHRASE);
  const key = text === undefined ? undefined : readDataKey(text);
  return key && unseal(key, account, sealed);
}

function readWrappedKey(directory: string, passphrase: string | undefined): string | undefined {
  const file = passphrase ? readIfPresent(wrappedKeyPath(directory)) : undefined;
  const answer = file && passphrase ? unwrapKey(file.toString('utf8'), passphrase) : undefined;
  return typeof answer === 'object' ? answer.key : undefined;
}
