import { Secret } from '../secret';
import { failureOf, keychainError, readFailure } from './failure';
import {
  type Connections,
  loadBinding,
  type NativeBackend,
  type NativeEntry,
  pinned,
  service,
  settleKernelKeyring,
} from './native-entry';
import { type Connected, connect, promptPatience, withPatience } from './prompt-patience';
import type { SecretStore } from './secret-store';

/**
 * An operating system's keychain, through `@napi-rs/keyring` (ADR 0001). Each call is bounded by the binding's own two
 * seconds of bus silence and, where an unlock prompt is open, by `patience` in milliseconds.
 * @throws ZspError `keychain_unavailable`; `storage_failed` when the keychain is full
 */
export function nativeStore(
  backend: NativeBackend,
  patience = () => promptPatience,
  connections: Connections = new Map(),
): SecretStore {
  const entries = openEntries(backend, connections);

  const ask = async <T>(account: string, work: (entry: NativeEntry) => T | Promise<T>): Promise<T> => {
    const started = Date.now();
    try {
      const connected = entries.open(account);
      return await withPatience(work(connected.entry), connected, patience());
    } catch (error) {
      const text = error instanceof Error ? error.message : '';
      throw keychainError(backend, readFailure(text, Date.now() - started), text);
    }
  };

  const call = async <T>(account: string, work: (entry: NativeEntry) => T | Promise<T>): Promise<T> => {
    const reused = entries.has(account);
    try {
      return await ask(account, work);
    } catch (error) {
      entries.forget(account);
      // A keyring that was restarted does not know the old connection. A prompt that was sent away does not come again.
      if (!reused || ['silent', 'locked'].includes(failureOf(error) ?? '')) throw error;
      return ask(account, work);
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
    prepare(account) {
      try {
        if (backend === 'secret-service') entries.open(account);
      } catch {
        // It is opened again when it is needed, and then it is explained.
      }
    },
  };
}

/** How many connections are kept: more than a mint needs. */
const mostKept = 8;

function openEntries(backend: NativeBackend, kept: Connections) {
  return {
    open(account: string): Connected<NativeEntry> {
      const entry = kept.get(account) ?? connect(() => openEntry(backend, account));
      if (backend !== 'secret-service') return entry;
      kept.delete(account);
      kept.set(account, entry);
      const [oldest] = kept.keys();
      if (kept.size > mostKept && oldest !== undefined) kept.delete(oldest);
      return entry;
    },
    has: (account: string) => kept.has(account),
    forget: (account: string) => kept.delete(account),
  };
}

/** Asynchronous where a service may be slow; the kernel answers at once, and only to the thread that asked it before. */
function openEntry(backend: NativeBackend, account: string): NativeEntry {
  const binding = loadBinding();
  if (backend !== 'kernel') return new binding.AsyncEntry(service, account, pinned(backend));
  settleKernelKeyring(binding);
  return new binding.Entry(service, account, pinned(backend));
}
