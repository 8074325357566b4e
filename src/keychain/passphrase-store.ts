import { ZspError } from '../errors';
import { type Env, ensurePrivateDirectory } from '../places';
import { createFile } from '../private-file';
import { Secret } from '../secret';
import { readIfPresent } from './sealed-file';
import type { SecretStore } from './secret-store';
import { unwrapKey, wrapKey, wrappedKeyPath } from './wrapped-key';

/** Asks the user for the passphrase, on a terminal, without showing it. */
export type AskPassphrase = (question: string) => Promise<Secret>;

/**
 * Holds one item, the data key, in a file wrapped under a passphrase: ZSP_PASSPHRASE, or asked once a process. The first
 * one written stays, so that two first uses at once end with one key.
 * @throws ZspError `keychain_unavailable` without a passphrase or with a wrong one; `storage_failed`
 */
export function passphraseStore(directory: string, env: Env, ask: AskPassphrase | undefined): SecretStore {
  const path = wrappedKeyPath(directory);
  let asked: Promise<Secret> | undefined;
  let unwrapped: { readonly text: string; readonly key: Secret } | undefined;

  const passphrase = (first: boolean): Promise<Secret> => {
    if (env.ZSP_PASSPHRASE) return Promise.resolve(new Secret(env.ZSP_PASSPHRASE));
    if (!ask) throw noPassphrase();
    asked ??= first ? askTwice(ask) : ask('Passphrase of the zsp keychain:');
    return asked;
  };

  return {
    async get() {
      ensurePrivateDirectory(directory);
      const text = readKeyFile(path);
      if (text === undefined || unwrapped?.text === text) return unwrapped?.text === text ? unwrapped?.key : undefined;
      const answer = unwrapKey(text, (await passphrase(false)).open());
      if (typeof answer === 'string') throw cannotUnwrap(answer, path);
      unwrapped = { text, key: new Secret(answer.key) };
      return unwrapped.key;
    },
    async set(_account, value) {
      ensurePrivateDirectory(directory);
      createFile(path, wrapKey(value.open(), (await passphrase(true)).open()));
    },
    async delete() {
      throw new ZspError('internal', 'the file keychain keeps its data key as long as its items');
    },
  };
}

async function askTwice(ask: AskPassphrase): Promise<Secret> {
  const first = await ask('New passphrase for the zsp keychain:');
  const second = await ask('The same again:');
  if (first.open() === '' || first.open() !== second.open()) {
    throw new ZspError('keychain_unavailable', 'the two passphrases are empty or differ', {
      remedy: 'run the command again',
    });
  }
  return first;
}

function readKeyFile(path: string): string | undefined {
  try {
    return readIfPresent(path)?.toString('utf8');
  } catch (cause) {
    throw new ZspError('keychain_unavailable', `cannot read ${path}`, {
      remedy: 'make the file yours and readable',
      cause,
    });
  }
}

function noPassphrase(): ZspError {
  return new ZspError('keychain_unavailable', 'the file keychain needs its passphrase', {
    remedy: 'set ZSP_PASSPHRASE, or run zsp login on a terminal',
  });
}

function cannotUnwrap(reason: 'wrong-passphrase' | 'not-a-key-file', path: string): ZspError {
  return reason === 'wrong-passphrase'
    ? new ZspError('keychain_unavailable', 'the passphrase of the file keychain is wrong', {
        remedy: `give the right one in ZSP_PASSPHRASE or on the terminal, or start anew: remove ${path} and run zsp login`,
      })
    : new ZspError('keychain_unavailable', `${path} is damaged`, { remedy: `remove ${path} and run zsp login` });
}
