import type { Env } from '../places';
import type { KeychainChoice } from '../profile/profile';
import {
  type Connections,
  loadBinding,
  type NativeBackend,
  type NativeEntry,
  pinned,
  platformOf,
  service,
  settleKernelKeyring,
} from './native-entry';
import { type Connected, connect, promptPatience, withPatience } from './prompt-patience';
import { type Backend, recordedBackend } from './recorded-backend';
import { hasSessionBus } from './session-bus';

/**
 * The hit path's read of one item: at once, and with nothing loaded that it does not need.
 * @returns the item's text, or undefined for anything but a present item: the miss path asks again and explains
 */
export async function readItemNow(
  choice: KeychainChoice,
  account: string,
  env: Env,
  connections: Connections = new Map(),
): Promise<string | undefined> {
  try {
    const backend = choice === 'auto' ? recordedBackend(env) : choice;
    return backend && (await readFrom(backend, account, env, connections));
  } catch (error) {
    connections.delete(account);
    if (isSentAway(error)) connections.set(account, refusing(error));
    return undefined;
  }
}

function isSentAway(error: unknown): error is Error {
  const { readFailure } = require('./failure') as typeof import('./failure');
  return error instanceof Error && readFailure(error.message, 0) === 'locked';
}

/** The miss path explains a prompt that the user has sent away, and does not show it again. */
function refusing(error: Error): Connected<NativeEntry> {
  const entry: Pick<NativeEntry, 'getPassword'> = { getPassword: () => Promise.reject(error) };
  return { entry: entry as NativeEntry, hangUp() {} };
}

function readFrom(
  backend: Backend,
  account: string,
  env: Env,
  connections: Connections,
): string | undefined | Promise<string | undefined> {
  if (backend === 'file') return lateReader().readSealedItem(backend, account, env, undefined);
  if (process.platform !== platformOf[backend]) return undefined;
  if (backend === 'secret-service' && !hasSessionBus(env)) return undefined;
  if (backend === 'secret-service' || backend === 'keychain') return askNative(backend, account, connections);
  return lateReader().readSealedItem(backend, account, env, (key) => readNative(backend, key));
}

/** What a process that has waited for long still gives a keychain, in milliseconds. */
const leastPatience = 2_000;

async function askNative(
  backend: NativeBackend,
  account: string,
  connections: Connections,
): Promise<string | undefined> {
  // A process that a prompt has already kept waiting gives the rest of its time to the miss path.
  const left = Math.max(promptPatience - process.uptime() * 1000, leastPatience);
  const { AsyncEntry } = loadBinding();
  const connected = connections.get(account) ?? connect(() => new AsyncEntry(service, account, pinned(backend)));
  if (backend === 'secret-service') connections.set(account, connected);
  return (await withPatience(connected.entry.getPassword(), connected, left)) ?? undefined;
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
