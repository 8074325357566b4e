import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import type { Lock } from '../broker/ports';
import { ZspError } from '../errors';
import { ensurePrivateDirectory } from '../places';
import { replaceFile } from '../private-file';
import { Secret } from '../secret';
import { dataKeyAccount, readDataKey, readIfPresent, seal, sealedPath, unseal } from './sealed-file';
import type { SecretStore } from './secret-store';

/**
 * A store of any size over one that holds little: each value is a file in `directory`, sealed under one data key that only
 * `keys` holds. Deleting that key erases everything; what it does not open is absent.
 * @param lock makes two first uses at once end with one data key
 * @throws ZspError what `keys` throws; `storage_failed` for the files
 */
export function sealed(keys: SecretStore, directory: string, lock: Lock): SecretStore {
  const heldKey = async (): Promise<Buffer | undefined> => {
    const text = await keys.get(dataKeyAccount);
    return text && readDataKey(text.open());
  };

  const firstKey = async (): Promise<Buffer> => {
    const raced = await heldKey();
    if (raced) return raced;
    await keys.set(dataKeyAccount, new Secret(randomBytes(32).toString('base64')));
    const kept = await heldKey();
    if (kept) return kept;
    throw new ZspError('keychain_unavailable', 'the keychain did not keep the data key it was given', {
      remedy: 'run zsp doctor, or set zsp_keychain = file in the [sso-session]',
    });
  };

  return {
    async get(account) {
      const key = await heldKey();
      if (!key) return undefined;
      ensurePrivateDirectory(directory);
      const bytes = inDirectory(directory, () => readIfPresent(sealedPath(directory, account)));
      const text = bytes && unseal(key, account, bytes);
      return text === undefined ? undefined : new Secret(text);
    },
    async set(account, value) {
      const key = (await heldKey()) ?? (await lock(dataKeyAccount, firstKey));
      ensurePrivateDirectory(directory);
      replaceFile(sealedPath(directory, account), seal(key, account, value.open()));
    },
    async delete(account) {
      ensurePrivateDirectory(directory);
      inDirectory(directory, () => rmSync(sealedPath(directory, account), { force: true }));
    },
  };
}

function inDirectory<T>(directory: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new ZspError('storage_failed', `cannot use the sealed items in ${directory} (${reason})`, {
      remedy: `make ${directory} yours and writable, or remove it and run zsp login`,
      cause,
    });
  }
}
