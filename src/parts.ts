import { join } from 'node:path';
import { createItems, indexName } from './broker/items';
import type { Lock } from './broker/ports';
import type { Command as Program } from './child/run';
import type { DoctorWorld } from './doctor/check';
import { recordBackend } from './keychain/choice';
import { type Backend, recordedBackend } from './keychain/recorded-backend';
import type { KeysWorld } from './keys/migration';
import { ledgerHead, readHead } from './ledger/head';
import { readLedger, verifyLedger } from './ledger/verification';
import { places } from './places';
import { permissionSetProfiles } from './profile/permission-set-profiles';
import { credentialProcessLine } from './profile/process-line';
import type { KeychainChoice } from './profile/profile';
import { listProfiles, resolvePermissionSet, resolveProfile } from './profile/resolve';
import { listSsoSessions, resolveSsoSession, resolveSsoSessionIn } from './profile/sso-session';
import { readConfigDraft, writeConfig } from './profile/write-config';
import { serveProfile } from './serve';
import { isRemote, openBrowser } from './terminal/browser';
import type { Conversation } from './terminal/conversation';
import { type Choice, type Picking, pick, pickByNumber } from './terminal/picker';
import { startProgress } from './terminal/progress';
import { terminalPrompt } from './terminal/prompt';
import { clackQuestions } from './terminal/questions';
import { watch } from './terminal/screen';
import { memo, openWorld, type RealWorld } from './world';

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
  const prompt = terminalPrompt({ input: process.stdin, output: process.stderr });
  const now = Date.now;
  const real = openWorld({
    env,
    awaited: isCredentialProcess(),
    askPassphrase: (question) => prompt.passphrase(question),
  });
  const { world, aws, lock, keychain, notes, ledgerFile } = real;
  const profile = (name: string) => resolveProfile(name, env);
  return {
    talk,
    env,
    version: version(),
    now,
    /** What follows `--`. */
    command,
    prompt,
    notes,
    world,
    profile,
    async serve(name: string, ahead: boolean) {
      await serveProfile({ ...real, env, answer: talk.answer, profile }, name, { ahead });
    },
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
      const opened = await keychain(choice);
      const { examineKeychain } = await import('./keychain/examine');
      await examineKeychain(opened, env);
      recordBackend(env, opened.backend);
    },
    console: aws.console,
    moveKeychain: (to: Backend) => moveTo(to, keychain, lock),
    keysWorld: () => keysWorld(real, now),
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

type Keychains = RealWorld['keychain'];

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
      return [...names, ...retired.map((key) => secretName(key.accessKeyId)), ledgerHead, indexName];
    },
  });
}

async function keysWorld({ world, aws, keychain }: RealWorld, now: () => number): Promise<KeysWorld> {
  const { issue } = await import('./broker/issue');
  const { shellWindow } = await import('./broker/shell-window');
  const { createRetiredKeys } = await import('./keys/retired-keys');
  return {
    env,
    now,
    iam: aws.iam,
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
  const { asksNewPassphrase, examineKeychain } = await import('./keychain/examine');
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
    async tryKeychain(choice) {
      const opened = await keychain(choice);
      if (!asksNewPassphrase(opened.backend, env)) await examineKeychain(opened, env);
    },
    reach: (service, endpoint) => reached(`${service} ${endpoint}`),
  };
}

/** Only clients that wait for credentials have a patience; a person may have a slow network. */
function isCredentialProcess(): boolean {
  return process.argv[2] === 'credential-process';
}

export function version(): string {
  return (require('../package.json') as { version: string }).version;
}
