import { ZspError } from '../errors';
import { Secret } from '../secret';
import { keychainError, readFailure } from './failure';
import {
  loadBinding,
  type NativeBackend,
  type NativeEntry,
  pinned,
  service,
  settleKernelKeyring,
} from './native-entry';
import { promptPatience, withPatience } from './prompt-patience';
import { secretService, type Texts } from './secret-service';
import type { SecretStore } from './secret-store';

/**
 * An operating system's keychain: the Secret Service by its bus (ADR 0008), the others through `@napi-rs/keyring` (ADR 0001).
 * @param patience how long an unlock prompt is waited for, in milliseconds, as each call begins
 * @throws ZspError `keychain_unavailable`; `storage_failed` when the keychain is full
 */
export function nativeStore(
  backend: NativeBackend,
  patience = () => promptPatience,
  keyring = secretService(process.env),
): SecretStore {
  const texts = backend === 'secret-service' ? keyring : entriesOf(backend);

  const call = async <T>(answer: Promise<T>): Promise<T> => {
    try {
      return await answer;
    } catch (error) {
      if (error instanceof ZspError) throw error;
      const text = error instanceof Error ? error.message : '';
      throw keychainError(backend, readFailure(text), text);
    }
  };
  return {
    async get(account) {
      const text = await call(texts.get(account, patience()));
      return text === undefined ? undefined : new Secret(text);
    },
    set: (account, value) => call(texts.set(account, value.open(), patience())),
    delete: (account) => call(texts.delete(account, patience())),
  };
}

function entriesOf(backend: NativeBackend): Texts {
  const ask = async <T>(account: string, patience: number, work: (entry: NativeEntry) => T | Promise<T>): Promise<T> =>
    withPatience(Promise.resolve(work(openEntry(backend, account))), patience);
  return {
    get: async (account, patience) => (await ask(account, patience, (entry) => entry.getPassword())) ?? undefined,
    set: (account, text, patience) => ask(account, patience, (entry) => entry.setPassword(text)),
    async delete(account, patience) {
      await ask(account, patience, (entry) => entry.deletePassword());
    },
  };
}

/** Asynchronous where a user may be asked; the kernel answers at once, and only to the thread that asked it before. */
function openEntry(backend: NativeBackend, account: string): NativeEntry {
  const binding = loadBinding();
  if (backend !== 'kernel') return new binding.AsyncEntry(service, account, pinned(backend));
  settleKernelKeyring(binding);
  return new binding.Entry(service, account, pinned(backend));
}
