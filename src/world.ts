import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Aws, createAws } from './aws/aws';
import type { DiscoveryWorld } from './broker/discovery';
import { createItems } from './broker/items';
import type { Lock } from './broker/ports';
import { forgetNotes } from './hot/crowd';
import { type KeychainOptions, type OpenKeychain, openKeychain } from './keychain/choice';
import type { AskPassphrase } from './keychain/passphrase-store';
import { promptPatience } from './keychain/prompt-patience';
import { recordedBackend } from './keychain/recorded-backend';
import type { Texts } from './keychain/secret-service';
import { createLedger } from './ledger/ledger';
import { createLease } from './lock/lease';
import { createLock } from './lock/lock';
import { createNotes, type Notes } from './notes/notes';
import { type Env, places } from './places';
import type { KeychainChoice, SsoSession } from './profile/profile';

/** What a credential-process may take in all, in milliseconds: its callers give up after 22 s and more. */
const patience = 20_000;

/** A waiter outlasts a holder that uses its whole patience. */
const lockWait = 19_000;

/** The real things the broker is handed, and what else is made of them. */
export interface RealWorld {
  readonly world: DiscoveryWorld;
  readonly aws: Aws;
  readonly lock: Lock;
  /** Each keychain is opened once, when it is first needed. */
  readonly keychain: (choice: KeychainChoice) => Promise<OpenKeychain>;
  readonly notes: Notes;
  readonly ledgerFile: string;
  /** When a credential-process has to have ended, epoch milliseconds. */
  readonly deadline: number;
}

export interface WorldOptions {
  readonly env: Env;
  /** Whether a client waits for credentials, and gives up after a time; a person may have a slow network. */
  readonly awaited: boolean;
  readonly askPassphrase: AskPassphrase;
  /** The Secret Service, where it was asked before. */
  readonly keyring?: Texts;
}

export function openWorld({ env, awaited, ...options }: WorldOptions): RealWorld {
  const { state, runtime } = places(env);
  const now = Date.now;
  const deadline = now() - process.uptime() * 1000 + patience;
  const locks = join(runtime, 'locks');
  const waitMilliseconds = awaited ? Math.max(deadline - now() - 1_000, 1_000) : lockWait;
  const lock = createLock({ directory: locks, waitMilliseconds });
  // The last of the time is to end in.
  const prompted = () =>
    awaited ? Math.min(promptPatience, Math.max(deadline - now() - 5_000, 2_000)) : promptPatience;
  const keychain = keychainsOf({ env, lock, patience: prompted, ...options });
  const ledgerFile = join(state, 'ledger.jsonl');
  // Nobody waits long for what is only shown.
  const notes = createNotes(state, createLock({ directory: locks, waitMilliseconds: 1_000 }), now);
  const aws = createAws({ env, now, ...(awaited && { deadline }) });
  const items = memo(async (choice: KeychainChoice) => createItems((await keychain(choice)).store, lock));
  const world: DiscoveryWorld = {
    clock: { now, sleep: (milliseconds, signal) => sleep(milliseconds, undefined, { signal }) },
    items: (at: SsoSession) => items(at.keychain),
    lock,
    lease: createLease({ directory: locks }),
    signIn: aws.signIn,
    portal: aws.portal,
    assignments: aws.assignments,
    sts: aws.sts,
    skew: aws.skew,
    async record(event) {
      // One ledger, one head: in the keychain of the first sign-in, wherever this one keeps its items.
      const { store } = await keychain('auto');
      await createLedger({ file: ledgerFile, lock, store, now }).append(event);
    },
    newId: () => randomBytes(8).toString('hex'),
  };
  return { world: noting(world, notes, () => forgetNotes(env)), aws, lock, keychain, notes, ledgerFile, deadline };
}

/** `auto` is the recorded keychain: one store for both, so that a passphrase is stretched once. */
function keychainsOf(options: Omit<KeychainOptions, 'choice'>) {
  const opened = memo((choice: KeychainChoice) => openKeychain({ ...options, choice }));
  return async (choice: KeychainChoice) =>
    opened(choice === 'auto' ? (recordedBackend(options.env) ?? choice) : choice);
}

/** The same world, in which a window that ends leaves the shells' prompts too, and what is forgotten the notes of what is held. */
function noting(world: DiscoveryWorld, notes: Notes, forgotten: () => void): DiscoveryWorld {
  return {
    ...world,
    async record(event) {
      await world.record(event);
      if (!['window-dropped', 'sign-in', 'sign-out'].includes(event.event)) return;
      forgotten();
      if (event.event === 'window-dropped') await notes.windowsEnded(({ id }) => id === event.windowId);
      // A new sign-in forgets every session of the old one.
      if (event.event !== 'sign-in' && event.event !== 'sign-out') return;
      await notes.windowsEnded(({ ssoSession }) => ssoSession === event.ssoSession);
    },
  };
}

export function memo<Key, Value>(make: (key: Key) => Value): (key: Key) => Value {
  const made = new Map<Key, Value>();
  return (key) => {
    const found = made.get(key) ?? make(key);
    made.set(key, found);
    return found;
  };
}
