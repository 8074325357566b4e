import type { Env } from '../places';
import type { KeychainChoice } from '../profile/profile';
import { loadBinding, type NativeBackend, pinned, platformOf, service, settleKernelKeyring } from './native-entry';
import { promptPatience, withPatience } from './prompt-patience';
import { type Backend, recordedBackend } from './recorded-backend';
import type { Texts } from './secret-service';

/**
 * The hit path's read of one item: at once, and with nothing loaded that it does not need.
 * @returns the item's text, or undefined for anything but a present item: the miss path asks again and explains
 */
export async function readItemNow(
  choice: KeychainChoice,
  account: string,
  env: Env,
  keyring: Texts,
): Promise<string | undefined> {
  try {
    const backend = choice === 'auto' ? recordedBackend(env) : choice;
    return backend && (await readFrom(backend, account, env, keyring));
  } catch {
    return undefined;
  }
}

function readFrom(
  backend: Backend,
  account: string,
  env: Env,
  keyring: Texts,
): string | undefined | Promise<string | undefined> {
  if (backend === 'file') return lateReader().readSealedItem(backend, account, env, undefined);
  if (process.platform !== platformOf[backend]) return undefined;
  if (backend === 'secret-service') return keyring.get(account, patienceLeft());
  if (backend === 'keychain') return askNative(backend, account);
  return lateReader().readSealedItem(backend, account, env, (key) => readNative(backend, key));
}

/** What a process that has waited for long still gives a keychain, in milliseconds. */
const leastPatience = 2_000;

/** A process that a prompt has already kept waiting gives the rest of its time to the miss path. */
function patienceLeft(): number {
  return Math.max(promptPatience - process.uptime() * 1000, leastPatience);
}

async function askNative(backend: NativeBackend, account: string): Promise<string | undefined> {
  const { AsyncEntry } = loadBinding();
  const entry = new AsyncEntry(service, account, pinned(backend));
  return (await withPatience(entry.getPassword(), patienceLeft())) ?? undefined;
}

/** For those that answer at once. */
function readNative(backend: NativeBackend, account: string): string | undefined {
  const binding = loadBinding();
  if (backend === 'kernel') settleKernelKeyring(binding);
  return new binding.Entry(service, account, pinned(backend)).getPassword() ?? undefined;
}

/** Loads node:crypto, which costs as much as a third of a Node start: only where a backend seals. */
function lateReader(): typeof import('./read-sealed-item') {
  return require('./read-sealed-item') as typeof import('./read-sealed-item');
}
