import type { Env } from '../places';
import type { KeychainChoice } from '../profile/profile';
import { loadBinding, type NativeBackend, pinned, platformOf, service, settleKernelKeyring } from './native-entry';
import { type Backend, recordedBackend } from './recorded-backend';
import { hasSessionBus } from './session-bus';

/**
 * The hit path's read of one item: at once, and with nothing loaded that it does not need.
 * @returns the item's text, or undefined for anything but a present item: the miss path asks again and explains
 */
export function readItemNow(choice: KeychainChoice, account: string, env: Env): string | undefined {
  try {
    const backend = choice === 'auto' ? recordedBackend(env) : choice;
    return backend && readFrom(backend, account, env);
  } catch {
    return undefined;
  }
}

function readFrom(backend: Backend, account: string, env: Env): string | undefined {
  if (backend === 'file') return lateReader().readSealedItem(backend, account, env, undefined);
  if (process.platform !== platformOf[backend]) return undefined;
  if (backend === 'secret-service' && !hasSessionBus(env)) return undefined;
  if (backend === 'secret-service' || backend === 'keychain') return readNative(backend, account);
  return lateReader().readSealedItem(backend, account, env, (key) => readNative(backend, key));
}

function readNative(backend: NativeBackend, account: string): string | undefined {
  const binding = loadBinding();
  if (backend === 'kernel') settleKernelKeyring(binding);
  return new binding.Entry(service, account, pinned(backend)).getPassword() ?? undefined;
}

/** Loads node:crypto, which costs as much as a third of a Node start: only where a backend seals. */
function lateReader(): typeof import('./read-sealed-item') {
  return require('./read-sealed-item') as typeof import('./read-sealed-item');
}
