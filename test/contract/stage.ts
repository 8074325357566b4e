import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { credentialsName } from '../../src/broker/item-names';
import { createItems } from '../../src/broker/items';
import { openKeychain } from '../../src/keychain/choice';
import type { Env } from '../../src/places';
import { credentialProcessLine } from '../../src/profile/process-line';
import type { SandboxOptions } from '../../src/sandbox/options';
import { type Sandbox, startSandbox } from '../../src/sandbox/server';
import { type Home, launcher, newHome, type Run, runZsp } from '../support/zsp';

/** The keys of one section of the config file. */
export type Keys = Readonly<Record<string, string>>;

export interface Stage {
  readonly sandbox: Sandbox;
  readonly home: Home;
  readonly env: Readonly<Record<string, string>>;
  /** Writes `~/.aws/config`: `corp`, changed by `session`, and the profiles, each run by the shipped zsp. */
  configure(profiles: Readonly<Record<string, Keys>>, session?: Keys): void;
  /** Runs the shipped zsp; `more` is added to its environment. After `timeout` milliseconds it is killed. */
  zsp(args: readonly string[], more?: Keys, timeout?: number): Promise<Run>;
  /** `zsp credential-process --profile P`. */
  credentials(profile: string, more?: Keys, timeout?: number): Promise<Run>;
  /** Signs in, as the user who approves at once. @throws if that fails */
  login(): Promise<void>;
  close(): Promise<void>;
}

const node = process.env.ZSP_TEST_NODE ?? process.execPath;

export const corp: Keys = {
  sso_start_url: 'https://corp.awsapps.com/start',
  sso_region: 'eu-west-1',
  sso_registration_scopes: 'sso:account:access',
  zsp_keychain: 'file',
};

/** A bare permission set. */
export const dev: Keys = {
  region: 'eu-west-1',
  zsp_sso_session: 'corp',
  zsp_sso_account_id: '111122223333',
  zsp_sso_role_name: 'Developer',
};

export const roleArn = (name: string) => `arn:aws:iam::444455556666:role/${name}`;

/** A role assumed from `dev`. */
export const role = (name: string, more: Keys = {}): Keys => ({
  region: 'eu-west-1',
  zsp_source_profile: 'dev',
  zsp_role_arn: roleArn(name),
  ...more,
});

export const readArtifacts =
  '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::artifacts"}]}';

/** `deploy` may do anything in its bucket; this profile's session only lists it. */
export const deploy = role('deploy', { zsp_session_policy: readArtifacts });

/** A home, an AWS whose user approves every sign-in at once, and the profiles `dev` and `deploy`. */
export async function openStage(options: Partial<SandboxOptions> = {}): Promise<Stage> {
  const sandbox = await startSandbox({ autoApproveMs: 0, lifetimes: { intervalSeconds: 0.05 }, ...options });
  const home = newHome({ AWS_ENDPOINT_URL: sandbox.url, AWS_PAGER: '' });
  const zsp = (args: readonly string[], more: Keys = {}, timeout?: number) =>
    runZsp(args, { env: { ...home.env, ...more }, cwd: home.path, ...(timeout !== undefined && { timeout }) });
  const stage: Stage = {
    sandbox,
    home,
    env: home.env,
    configure: (profiles, session = {}) => void home.write('.aws/config', configText(profiles, session)),
    zsp,
    credentials: (profile, more, timeout) => zsp(['credential-process', '--profile', profile], more, timeout),
    async login() {
      const { status, stderr } = await zsp(['login', 'corp', '--no-browser']);
      if (status !== 0) throw new Error(`zsp login ended with ${status}: ${stderr}`);
    },
    async close() {
      await sandbox.close();
      home.cleanup();
    },
  };
  stage.configure({ dev, deploy });
  return stage;
}

/** `corp`, changed by `session`, and the profiles, each run by the shipped zsp. */
export function configText(profiles: Readonly<Record<string, Keys>>, session: Keys = {}): string {
  const section = (head: string, keys: Keys) =>
    [`[${head}]`, ...Object.entries(keys).map(([key, value]) => `${key} = ${value}`), ''].join('\n');
  return [
    section('sso-session corp', { ...corp, ...session }),
    ...Object.entries(profiles).map(([name, keys]) =>
      section(`profile ${name}`, { credential_process: credentialProcessLine(node, launcher, name), ...keys }),
    ),
  ].join('\n');
}

/** A zsp that is under way: its stdin stays open, as the JS SDK leaves it. */
export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Run>;
}

export function start({ env, home }: Stage, args: readonly string[]): Started {
  const child = spawn(node, [launcher, ...args], { env: { ...env }, cwd: home.path, stdio: 'pipe', windowsHide: true });
  const out = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => (out.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (out.stderr += text));
  const ended = new Promise<Run>((resolve, reject) => {
    child.on('error', reject).on('close', (status) => resolve({ status, ...out }));
  });
  return { child, ended };
}

/** Waits until something holds, for ten seconds at most. */
export async function until(holds: () => boolean, what: string): Promise<void> {
  for (let tries = 0; !holds(); tries++) {
    if (tries > 500) throw new Error(`waited in vain for ${what}`);
    await sleep(20);
  }
}

/** What a credential process printed. */
export function answerOf({ status, stdout, stderr }: Run) {
  if (status !== 0) throw new Error(`credential-process ended with ${status}: ${stderr}`);
  return JSON.parse(stdout) as {
    readonly Version: number;
    readonly AccessKeyId: string;
    readonly SecretAccessKey: string;
    readonly SessionToken: string;
    readonly Expiration: string;
    readonly AccountId: string;
  };
}

/** Makes the held session of a profile older, as if the call that got it had been made earlier. */
export async function age(stage: Stage, profile: string, minutes: number): Promise<void> {
  const env: Env = stage.env;
  const { store } = await openKeychain({ choice: 'file', env, lock: (_name, work) => work() });
  const items = createItems(store, (_name, work) => work());
  const name = credentialsName({ configFile: stage.env.AWS_CONFIG_FILE ?? '', name: profile });
  const item = await items.credentials(name);
  if (!item) throw new Error(`nothing is held for ${profile}`);
  const { session } = item;
  const shift = minutes * 60_000;
  const older = { ...session, issuedAt: session.issuedAt - shift, expiration: session.expiration - shift };
  await items.put(name, { ...item, session: older });
}

/** The two lines, and nothing else, that a failure shows. */
export const failure = (status: number, message: string, hint: string): Run => ({
  status,
  stdout: '',
  stderr: `zsp: ${message}\nzsp: hint: ${hint}\n`,
});

/** Every file under a directory, by its path, as bytes in latin1. */
export function filesUnder(directory: string): readonly (readonly [path: string, text: string])[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => [path, readFileSync(path, 'latin1')] as const);
}
