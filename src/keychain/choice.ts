import type { Lock } from '../broker/ports';
import { ZspError } from '../errors';
import { type Env, ensurePrivateDirectory, places } from '../places';
import { createFile } from '../private-file';
import type { KeychainChoice } from '../profile/profile';
import { nativeStore } from './binding';
import { failureOf, keychainError } from './failure';
import { type NativeBackend, platformOf } from './native-entry';
import { type AskPassphrase, passphraseStore } from './passphrase-store';
import { probe } from './probe';
import { type Backend, recordedBackend, recordPath } from './recorded-backend';
import { sealed } from './sealed';
import { sealedDirectory } from './sealed-file';
import { secretService, type Texts } from './secret-service';
import type { SecretStore } from './secret-store';
import { sessionBus } from './session-bus';

export interface KeychainOptions {
  readonly choice: KeychainChoice;
  readonly env: Env;
  readonly platform?: NodeJS.Platform;
  readonly lock: Lock;
  /** Given where there is a terminal to ask on; only `file` asks. */
  readonly askPassphrase?: AskPassphrase;
  /** How long an unlock prompt is waited for, in milliseconds, as each call begins. */
  readonly patience?: () => number;
  /** The Secret Service, where it was asked before. */
  readonly keyring?: Texts;
}

export interface OpenKeychain {
  readonly backend: Backend;
  readonly store: SecretStore;
}

/** What `auto` tries, in this order, before the first sign-in has recorded one. */
const autoOrder: readonly NativeBackend[] = ['keychain', 'wincred', 'secret-service', 'kernel'];

/**
 * Opens the keychain: the one chosen by name, else the recorded one, else the first that `auto` finds. One that is there
 * but locked, denied or silent is an error and never a reason to take another.
 * @throws ZspError `keychain_unavailable`
 */
export async function openKeychain(options: KeychainOptions): Promise<OpenKeychain> {
  const { choice, env, platform = process.platform } = options;
  const backend = choice === 'auto' ? (recordedBackend(env, platform) ?? (await firstFound(env, platform))) : choice;
  return { backend, store: storeOf(backend, platform, options) };
}

/**
 * Records what `auto` chose at the first sign-in, for every later `auto`. The first record stays: another choice needs the
 * file removed (docs/keychains.md). Not for a backend that was chosen by name.
 * @throws ZspError `storage_failed`
 */
export function recordBackend(env: Env, backend: Backend, platform: NodeJS.Platform = process.platform): void {
  ensurePrivateDirectory(places(env, platform).state);
  createFile(recordPath(env, platform), `${backend}\n`);
}

function storeOf(
  backend: Backend,
  platform: NodeJS.Platform,
  { env, lock, askPassphrase, patience, keyring = secretService(env) }: KeychainOptions,
): SecretStore {
  const directory = sealedDirectory(backend, env, platform);
  if (backend === 'file') {
    // Creating the key file settles a race by itself, and no lock may be held while the user types.
    return sealed(passphraseStore(directory, env, askPassphrase), directory, (_name, work) => work());
  }
  if (!isHere(backend, env, platform)) throw keychainError(backend, 'not-running');
  const store = nativeStore(backend, patience, keyring);
  return backend === 'wincred' || backend === 'kernel' ? sealed(store, directory, lock) : store;
}

function isHere(backend: NativeBackend, env: Env, platform: NodeJS.Platform): boolean {
  return platformOf[backend] === platform && (backend !== 'secret-service' || sessionBus(env) !== undefined);
}

async function firstFound(env: Env, platform: NodeJS.Platform): Promise<Backend> {
  for (const backend of autoOrder.filter((each) => isHere(each, env, platform))) {
    if (await answers(backend, env)) return backend;
  }
  throw new ZspError('keychain_unavailable', 'no keychain was found to keep credentials in', {
    remedy: 'start a Secret Service keyring such as gnome-keyring, or set zsp_keychain = file in the [sso-session]',
  });
}

/** Whether a backend keeps a dummy item. The kernel's is no one's to unlock, so whatever fails there means there is none. */
async function answers(backend: NativeBackend, env: Env): Promise<boolean> {
  try {
    await probe(nativeStore(backend, undefined, secretService(env)));
    return true;
  } catch (error) {
    if (backend === 'kernel' || failureOf(error) === 'not-running') return false;
    throw error;
  }
}
