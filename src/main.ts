import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command, CommanderError } from 'commander';
import { createAws } from './aws/aws';
import type { DiscoveryWorld } from './broker/discovery';
import { createItems, type Items } from './broker/items';
import type { Lock } from './broker/ports';
import type { Command as Program } from './child/run';
import type { CompletionParts } from './commands/completion';
import type { DoctorWorld } from './doctor/check';
import { exitStatus, exitStatusOf, ZspError } from './errors';
import { overview } from './help';
import { openKeychain, recordBackend } from './keychain/choice';
import { type Backend, recordedBackend } from './keychain/recorded-backend';
import type { KeysWorld } from './keys/migration';
import { ledgerHead, readHead } from './ledger/head';
import { createLedger } from './ledger/ledger';
import { readLedger, verifyLedger } from './ledger/verification';
import { createLease } from './lock/lease';
import { createLock } from './lock/lock';
import { manual } from './manual';
import { createNotes, type Notes } from './notes/notes';
import { places } from './places';
import { permissionSetProfiles } from './profile/permission-set-profiles';
import { credentialProcessLine } from './profile/process-line';
import type { KeychainChoice, SsoSession } from './profile/profile';
import { listProfiles, resolveProfile } from './profile/resolve';
import { listSsoSessions, resolveSsoSession, resolveSsoSessionIn } from './profile/sso-session';
import { readConfigDraft, writeConfig } from './profile/write-config';
import { isRemote, openBrowser } from './terminal/browser';
import { type Conversation, createConversation } from './terminal/conversation';
import { type Choice, pick, pickByNumber } from './terminal/picker';
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

/** The composition root: the real world, one verb, and what its error means for the shell. */
export async function main(args: readonly string[]): Promise<void> {
  process.on('SIGINT', interrupted);
  process.stdout.on('error', leaveQuietly);
  const own = args.slice(0, args.includes('--') ? args.indexOf('--') : undefined);
  const wishes = { noColor: own.includes('--no-color'), plain: own.includes('--plain') || Boolean(env.ZSP_PLAIN) };
  const talk = createConversation(process, env, wishes);
  try {
    await run(args, talk);
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return;
    process.exitCode = tell(talk, error);
  }
}

function interrupted(): void {
  process.exit(exitStatus.interrupted);
}

/** While a command runs, Ctrl-C is the command's: zsp ends when it does. */
async function runToItsEnd(program: Program): Promise<number> {
  const { run: runProgram } = await import('./child/run');
  process.off('SIGINT', interrupted);
  try {
    return await runProgram(program);
  } finally {
    process.on('SIGINT', interrupted);
  }
}

/** A reader that has seen enough (`zsp history | head`) is no error. */
function leaveQuietly(error: NodeJS.ErrnoException): void {
  process.exit(error.code === 'EPIPE' ? 0 : exitStatus.storage_failed);
}

/** Two lines at most and free of secrets, since SDKs put them into an application's exception. @returns the exit status */
function tell(talk: Conversation, error: unknown): number {
  const { red } = talk.style;
  const { message, remedy } = wordsOf(error);
  talk.say(`${red('zsp:')} ${printable(message)}`);
  if (remedy) talk.say(`${red('zsp:')} hint: ${printable(remedy)}`);
  if (env.ZSP_DEBUG && error instanceof Error && !(error instanceof ZspError)) {
    // Where, and not what: its text could hold anything.
    talk.say(printable((error.stack ?? '').replace(/^.*?\n(?= +at )/s, ''), 2000));
  }
  return exitStatusOf(error);
}

/** What is said of an error; of a bug only its kind, since its text could hold anything. */
function wordsOf(error: unknown): Pick<ZspError, 'code' | 'message' | 'remedy'> {
  if (error instanceof ZspError) return error;
  const kind = error instanceof Error ? error.name : typeof error;
  return {
    code: 'internal',
    message: `this is a bug in zsp (${printable(kind, 40)})`,
    remedy: 'please report it, with the command and the version that zsp --version prints',
  };
}

/** Node would write the environment of every command zsp runs to stderr, and what it sends. */
function refuseTracing(): void {
  if (!env.NODE_DEBUG) return;
  throw new ZspError('config_invalid', 'NODE_DEBUG makes Node print credentials', { remedy: 'unset NODE_DEBUG' });
}

async function run(args: readonly string[], talk: Conversation): Promise<void> {
  refuseTracing();
  // What follows `--` belongs to another program: zsp neither reads nor records it.
  const end = args.indexOf('--');
  const own = end < 0 ? args : args.slice(0, end);
  const parts = allParts(talk, end < 0 ? undefined : args.slice(end + 1));
  const program = programOf(await verbs(own, parts));
  try {
    if (own.every((arg) => looks.includes(arg))) program.outputHelp();
    else await program.parseAsync(own, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError) || error.exitCode === 0) throw error;
    const verb = program.commands.find((command) => own.includes(command.name()));
    const message = error.code === 'commander.help' ? missingVerb(verb) : error.message.replace(/^error: /, '');
    const remedy = `run: zsp ${verb ? `${verb.name()} ` : ''}--help`;
    throw new ZspError('usage', message.replaceAll('\n', ' '), { remedy });
  }
}

/** Flags that change how an answer looks, and ask for none. */
const looks = ['--no-color', '--plain'];

/** Commander would print its help on stderr. */
function missingVerb(verb: Command | undefined): string {
  const verbs = verb?.commands.map((command) => command.name()).filter((name) => name !== 'help') ?? [];
  return `zsp ${verb?.name() ?? ''} wants one of: ${verbs.join(', ')}`;
}

function programOf(all: readonly Command[]): Command {
  const program = new Command('zsp')
    .description('Zero standing privilege for the AWS CLI.')
    .version(version(), '--version', 'print the version')
    .option('--no-color', 'no colours')
    .option('--plain', 'words alone, for screen readers: no colours, symbols or bars')
    .helpOption('-h, --help', 'show help')
    .showSuggestionAfterError()
    .configureHelp({ formatHelp: (self, { helpWidth }) => overview(self, helpWidth ?? 80) })
    .configureOutput({ writeErr: () => {} })
    .exitOverride();
  for (const verb of all) program.addCommand(strict(verb));
  return program;
}

/** The man page, from the verbs themselves. */
export async function manualPage(): Promise<string> {
  const talk = createConversation(process, env, { noColor: true, plain: true });
  return manual(programOf(await allVerbs(allParts(talk, undefined))), version());
}

function strict(command: Command): Command {
  for (const sub of command.commands) strict(sub);
  return command
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .allowExcessArguments(false)
    .helpOption('-h, --help', 'show help');
}

type Parts = ReturnType<typeof partsFor> & CompletionParts;

/** A verb loads what it needs; help loads them all. */
const loaders: Readonly<Record<string, (parts: Parts) => Promise<Command>>> = {
  login: async (parts) => (await import('./commands/login')).loginCommand(parts),
  logout: async (parts) => (await import('./commands/logout')).logoutCommand(parts),
  status: async (parts) => (await import('./commands/status')).statusCommand(parts),
  whoami: async (parts) => (await import('./commands/whoami')).whoamiCommand(parts),
  'credential-process': async (parts) =>
    (await import('./commands/credential-process')).credentialProcessCommand(parts),
  assume: async (parts) => (await import('./commands/assume')).assumeCommand(parts),
  drop: async (parts) => (await import('./commands/drop')).dropCommand(parts),
  exec: async (parts) => (await import('./commands/exec')).execCommand(parts),
  console: async (parts) => (await import('./commands/console')).consoleCommand(parts),
  configure: async (parts) => (await import('./commands/configure')).configureCommand(parts),
  list: async (parts) => (await import('./commands/list')).listCommand(parts),
  doctor: async (parts) => (await import('./commands/doctor')).doctorCommand(parts),
  keys: async (parts) => (await import('./commands/keys')).keysCommand(parts),
  completion: async (parts) => (await import('./commands/completion')).completionCommand(parts),
  history: async (parts) => (await import('./commands/history')).historyCommand(parts),
  demo: async (parts) => (await import('./commands/demo')).demoCommand(parts),
};

async function verbs(args: readonly string[], parts: Parts): Promise<readonly Command[]> {
  const named = args.find((arg) => !arg.startsWith('-'));
  const one = named !== undefined && Object.hasOwn(loaders, named) ? loaders[named] : undefined;
  if (one) return [await one(parts)];
  return allVerbs(parts);
}

async function allVerbs(parts: Parts): Promise<readonly Command[]> {
  return Promise.all(Object.values(loaders).map((load) => load(parts)));
}

function allParts(talk: Conversation, command: readonly string[] | undefined): Parts {
  const parts: Parts = { ...partsFor(talk, command), verbs: () => allVerbs(parts) };
  return parts;
}

function partsFor(talk: Conversation, command: readonly string[] | undefined) {
  const { state, runtime } = places(env);
  const deadline = Date.now() - process.uptime() * 1000 + patience;
  const waitMilliseconds = isCredentialProcess() ? Math.max(deadline - Date.now() - 1_000, 1_000) : lockWait;
  const lock = createLock({ directory: join(runtime, 'locks'), waitMilliseconds });
  const prompt = terminalPrompt({ input: process.stdin, output: process.stderr });
  const askPassphrase = () => prompt.passphrase('Passphrase of the zsp keychain:');
  const keychain = memo((choice: KeychainChoice) =>
    openKeychain({ choice, env, platform: process.platform, lock, askPassphrase }),
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
    permissionSetProfiles: () => permissionSetProfiles(env),
    ssoSessionIn: (text: string, path: string, name: string) => resolveSsoSessionIn({ text, path, env }, name),
    readConfig: () => readConfigDraft(env),
    writeConfig,
    processLine: (name: string) => credentialProcessLine(process.execPath, launcher, name),
    progress: (text: string) => startProgress(process.stderr, text, env),
    questions: clackQuestions({ input: process.stdin, output: process.stderr }),
    pick: (title: string, choices: readonly Choice[], query: string) =>
      talk.plain
        ? pickByNumber({ title, choices, query }, talk.say, prompt.line)
        : pick({ input: process.stdin, output: process.stderr }, { title, choices, query }, talk.coloured),
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
    async moveKeychain(to: Backend) {
      const { examineKeychain } = await import('./keychain/examine');
      const { moveKeychain } = await import('./keychain/move');
      const { secretName } = await import('./keys/migration');
      const { createRetiredKeys } = await import('./keys/retired-keys');
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
    },
    async keysWorld(): Promise<KeysWorld> {
      const { issue } = await import('./broker/issue');
      const { shellWindow } = await import('./broker/shell-window');
      const { createRetiredKeys } = await import('./keys/retired-keys');
      return {
        env,
        now,
        iam: createAws({ env, now }).iam,
        retired: createRetiredKeys(join(state, 'retired-keys.json')),
        secrets: async () => (await keychain('auto')).store,
        async credentials(name) {
          const profile = resolveProfile(name, env);
          const { session } = await issue(world, profile, { windowId: shellWindow(env, name) });
          return { session, endpoints: profile.ssoSession.endpoints };
        },
        processLine: (name) => credentialProcessLine(process.execPath, launcher, name),
        record: world.record,
      };
    },
    async doctorWorld(): Promise<DoctorWorld> {
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
    },
    run: runToItsEnd,
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

function realWorld(
  keychain: (choice: KeychainChoice) => ReturnType<typeof openKeychain>,
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

function version(): string {
  return (require('../package.json') as { version: string }).version;
}
