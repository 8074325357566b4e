import { ZspError } from '../errors';
import { Secret } from '../secret';
import { keychainError, readFailure } from './failure';
import { loadBinding, type NativeBackend, pinned, service, settleKernelKeyring } from './native-entry';
import type { SecretStore } from './secret-store';

type Binding = ReturnType<typeof loadBinding>;
type Entry = InstanceType<Binding['AsyncEntry'] | Binding['Entry']>;

/**
 * An operating system's keychain, through `@napi-rs/keyring` (ADR 0001). Each call is bounded by the binding's own two
 * seconds of bus silence and, where an unlock prompt is open, by `deadline` milliseconds; a call given up on may still
 * end later, and Node does not exit before it has.
 * @throws ZspError `keychain_unavailable`; `storage_failed` when the keychain is full
 */
export function nativeStore(backend: NativeBackend, deadline = 2000): SecretStore {
  const call = async <T>(account: string, work: (entry: Entry) => T | Promise<T>): Promise<T> => {
    const started = Date.now();
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(keychainError(backend, 'silent')), deadline);
    });
    try {
      return await Promise.race([work(openEntry(backend, account)), tooLate]);
    } catch (error) {
      if (error instanceof ZspError) throw error;
      const text = error instanceof Error ? error.message : '';
      throw keychainError(backend, readFailure(text, Date.now() - started), text);
    } finally {
      clearTimeout(timer);
    }
  };

  return {
    async get(account) {
      const text = await call(account, (entry) => entry.getPassword());
      return text === null || text === undefined ? undefined : new Secret(text);
    },
    set: (account, value) => call(account, (entry) => entry.setPassword(value.open())),
    async delete(account) {
      await call(account, (entry) => entry.deletePassword());
    },
  };
}

/** Asynchronous where a service may be slow; the kernel answers at once, and only to the thread that asked it before. */
function openEntry(backend: NativeBackend, account: string): Entry {
  const binding = loadBinding();
  if (backend !== 'kernel') return new binding.AsyncEntry(service, account, pinned(backend));
  settleKernelKeyring(binding);
  return new binding.Entry(service, account, pinned(backend));
}
