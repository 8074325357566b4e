import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAws } from './aws/aws';
import type { DiscoveryWorld } from './broker/discovery';
import { createItems, type Items } from './broker/items';
import type { Lock } from './broker/ports';
import type { World } from './broker/world';
import type { Command as Program } from './child/run';
import type { DoctorWorld } from './doctor/check';
import { ZspError } from './errors';
import { openKeychain, recordBackend } from './keychain/choice';
import { promptPatience } from './keychain/prompt-patience';
import { type Backend, recordedBackend } from './keychain/recorded-backend';
import type { KeysWorld } from './keys/migration';
import { ledgerHead, readHead } from './ledger/head';
import { createLedger } from './ledger/ledger';
import { readLedger, verifyLedger } from './ledger/verification';
import { createLease } from './lock/lease';
import { createLock } from './lock/lock';
import { createNotes, type Notes } from './notes/notes';
import { places } from './places';
import { permissionSetProfiles } from './profile/permission-set-profiles';
import { credentialProcessLine } from './profile/process-line';
import type { KeychainChoice, SsoSession } from './profile/profile';
import { listProfiles, resolvePermissionSet, resolveProfile } from './profile/resolve';
import { listSsoSessions, resolveSsoSession, resolveSsoSessionIn } from './profile/sso-session';
import { readConfigDraft, writeConfig } from './profile/write-config';
import { isRemote, openBrowser } from './terminal/browser';
import type { Conversation } from './terminal/conversation';
import { type Choice, type Picking, pick, pickByNumber } from './terminal/picker';
import { startProgress } from './terminal/progress';
import { terminalPrompt } from './terminal/prompt';
import { clackQuestions } from './terminal/questions';
import { printable } from './terminal/sanitize';
import { watch } from './terminal/screen';

/** What a credential-process may take in all, in milliseconds: its callers give up after 22 s and more. */
const patience = 20_000;

/** A waiter outlasts a holder that uses its whole patience. */
const lockWait = 19_000;

const { env } = process;

/** What `node` is given to run zsp. */
const launcher = join(__dirname, '..', 'bin', 'zsp.js');

/**
 * Everything the verbs are handed: the real world, each piece made when it is first needed.
 * @param command what follows `--`
 * @param run runs a program to its end, Ctrl-C being the program's
 */
export function partsFor(
  talk: Conversation,
  command: readonly string[] | undefined,
  run: (program: Program) => Promise<number>,
) {
  const { state, runtime } = places(env);
  const deadline = Date.now() - process.uptime() * 1000 + patience;
  const waitMilliseconds = isCredentialProcess() ? Math.max(deadline - Date.now() - 1_000, 1_000) : lockWait;
  const lock = createLock({ directory: join(runtime, 'locks'), waitMilliseconds });
  const prompt = terminalPrompt({ input: process.stdin, output: process.stderr });
  const askPassphrase = () => prompt.passphrase('Passphrase of the zsp keychain:');
  const keychain = memo((choice: KeychainChoice) =>
    openKeychain({
      choice,
      env,
      platform: process.platform,
      lock,
      askPassphrase,
      patience: () => patienceFor(deadline),
    }),
  );
  const ledgerFile = join(state, 'ledger.jsonl');
  const now = () => Date.now();
  // Nobody waits long for what is only shown.
  const notes = createNotes(state, createLock({ directory: join(runtime, 'locks'), waitMilliseconds: 1_000 }), now);
  const world = noting(realWorld(keychain, lock, join(runtime, 'locks'), ledgerFile, deadline), notes);
  return {
    talk,
    env,
    version: version(),
    now,
    deadline,
    /** What follows `--`. */
    command,
    prompt,
    notes,
    wordsOf,
    world,
    profile: (name: string) => resolveProfile(name, env),
    profiles: () => listProfiles(env),
    ssoSession: (name: string | undefined) => resolveSsoSession(name, env),
    permissionSet: (ssoSession: string, accountId: string, roleName: string) =>
      resolvePermissionSet(ssoSession, accountId, roleName, env),
    permissionSetProfiles: () => permissionSetProfiles(env),
    ssoSessionIn: (text: string, path: string, name: string) => resolveSsoSessionIn({ text, path, env }, name),
    readConfig: () => readConfigDraft(env),
    writeConfig,
    processLine: (name: string) => credentialProcessLine(process.execPath, launcher, name),
    progress: (text: string) => startProgress(process.stderr, text, env),
    questions: clackQuestions({ input: process.stdin, output: process.stderr }),
    pick: <C extends Choice>(picking: Picking<C>) =>
      talk.plain
        ? pickByNumber(picking, talk.say, prompt.line)
        : pick({ input: process.stdin, output: process.stderr }, picking, talk.coloured),
    watch: (draw: () => Promise<string>) => watch({ input: process.stdin, output: process.stdout }, draw, 1_000),
    ssoSessions: () => listSsoSessions(env).map((name) => resolveSsoSession(name, env)),
    openBrowser: (url: string, browser?: string) =>
      openBrowser(url, { env, platform: process.platform, command: browser }),
    isRemote: () => isRemote({ env, platform: process.platform }),
    async chooseKeychain(choice: KeychainChoice) {
      const { backend, store } = await keychain(choice);
      const { refuseBlankPassword } = await import('./keychain/blank-password');
      await refuseBlankPassword(backend, store, env);
      recordBackend(env, backend);
    },
    console: createAws({ env, now }).console,
    moveKeychain: (to: Backend) => moveTo(to, keychain, lock),
    keysWorld: () => keysWorld(world, keychain, now),
    doctorWorld: () => doctorWorld(keychain, now),
    run,
    exitWith(status: number) {
      process.exitCode = status;
    },
    openStage: async () => (await import('./sandbox/stage')).openStage(launcher),
    readLedger: () => readLedger(ledgerFile),
    async verifyLedger() {
      const { store } = await keychain('auto');
      return verifyLedger(ledgerFile, await readHead(store));
    },
  };
}

/** Each opened once, when it is first needed. */
type Keychains = (choice: KeychainChoice) => ReturnType<typeof openKeychain>;

/** Moves everything zsp keeps to another keychain, which is the one from then on. */
async function moveTo(to: Backend, keychain: Keychains, lock: Lock) {
  const { examineKeychain } = await import('./keychain/examine');
  const { moveKeychain } = await import('./keychain/move');
  const { secretName } = await import('./keys/migration');
  const { createRetiredKeys } = await import('./keys/retired-keys');
  const { state } = places(env);
  const before = recordedBackend(env);
  const target = await keychain(to);
  await examineKeychain(target, env);
  return moveKeychain({
    env,
    from: before === undefined || before === to ? undefined : () => keychain(before),
    to: target,
    async accounts(store) {
      const retired = createRetiredKeys(join(state, 'retired-keys.json')).all();
      const names = await createItems(store, lock).names();
      return [...names, ...retired.map((key) => secretName(key.accessKeyId)), ledgerHead, 'index'];
    },
  });
}

async function keysWorld(world: World, keychain: Keychains, now: () => number): Promise<KeysWorld> {
  const { issue } = await import('./broker/issue');
  const { shellWindow } = await import('./broker/shell-window');
  const { createRetiredKeys } = await import('./keys/retired-keys');
  return {
    env,
    now,
    iam: createAws({ env, now }).iam,
    retired: createRetiredKeys(join(places(env).state, 'retired-keys.json')),
    secrets: async () => (await keychain('auto')).store,
    async credentials(name) {
      const profile = resolveProfile(name, env);
      const { session } = await issue(world, profile, { windowId: shellWindow(env, name) });
      return { session, endpoints: profile.ssoSession.endpoints };
    },
    processLine: (name) => credentialProcessLine(process.execPath, launcher, name),
    record: world.record,
  };
}

async function doctorWorld(keychain: Keychains, now: () => number): Promise<DoctorWorld> {
  const { createReach } = await import('./aws/reach');
  const { versionOf } = await import('./child/version-of');
  const { examineKeychain } = await import('./keychain/examine');
  const reach = createReach(env, now);
  const reached = memo((question: string) => {
    const [service, endpoint = ''] = question.split(' ');
    return reach(service as Parameters<typeof reach>[0], endpoint);
  });
  return {
    env,
    platform: process.platform,
    node: process.execPath,
    script: launcher,
    versions: { zsp: version(), node: process.versions.node, aws: await versionOf('aws', env) },
    tryKeychain: async (choice) => examineKeychain(await keychain(choice), env),
    reach: (service, endpoint) => reached(`${service} ${endpoint}`),
  };
}

function realWorld(
  keychain: Keychains,
  lock: Lock,
  locks: string,
  ledgerFile: string,
  deadline: number,
): DiscoveryWorld {
  const aws = createAws({ env, now: Date.now, ...(isCredentialProcess() && { deadline }) });
  const items = memo(
    async (choice: KeychainChoice): Promise<Items> => createItems((await keychain(choice)).store, lock),
  );
  return {
    clock: { now: Date.now, sleep: (milliseconds) => sleep(milliseconds) },
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
      await createLedger({ file: ledgerFile, lock, store, now: Date.now }).append(event);
    },
    newId: () => randomBytes(8).toString('hex'),
  };
}

/** The same world, in which a window that ends leaves the shells' prompts too. */
function noting(world: DiscoveryWorld, notes: Notes): DiscoveryWorld {
  return {
    ...world,
    async record(event) {
      await world.record(event);
      if (event.event === 'window-dropped') await notes.windowsEnded(({ id }) => id === event.windowId);
      // A new sign-in forgets every session of the old one.
      if (event.event !== 'sign-in' && event.event !== 'sign-out') return;
      await notes.windowsEnded(({ ssoSession }) => ssoSession === event.ssoSession);
    },
  };
}

/** How long an unlock prompt may keep a call, in milliseconds: a credential-process needs the last of its time to end in. */
function patienceFor(deadline: number): number {
  return isCredentialProcess()
    ? Math.min(promptPatience, Math.max(deadline - Date.now() - 5_000, 2_000))
    : promptPatience;
}

/** Only clients that wait for credentials have a patience; a person may have a slow network. */
function isCredentialProcess(): boolean {
  return process.argv[2] === 'credential-process';
}

function memo<Key, Value>(make: (key: Key) => Value): (key: Key) => Value {
  const made = new Map<Key, Value>();
  return (key) => {
    const found = made.get(key) ?? make(key);
    made.set(key, found);
    return found;
  };
}

export function version(): string {
  return (require('../package.json') as { version: string }).version;
}

/** What is said of an error; of a bug only its kind, since its text could hold anything. */
export function wordsOf(error: unknown): Pick<ZspError, 'code' | 'message' | 'remedy'> {
  if (error instanceof ZspError) return error;
  const kind = error instanceof Error ? error.name : typeof error;
  return {
    code: 'internal',
    message: `this is a bug in zsp (${printable(kind, 40)})`,
    remedy: 'please report it, with the command and the version that zsp --version prints',
  };
}
