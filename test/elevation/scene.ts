import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { credentialProcessLine } from '../../src/profile/process-line';
import type { SandboxOptions } from '../../src/sandbox/options';
import { type Sandbox, startSandbox } from '../../src/sandbox/server';
import { type Home, launcher, newHome, type Run, run, runZsp } from '../support/zsp';

type Env = Readonly<Record<string, string>>;

/** A developer at an AWS. Its clock and this machine's can be set, which needs faketime. */
export interface Scene {
  readonly sandbox: Sandbox;
  readonly home: Home;
  /** Seconds by which a clock is ahead of the real one. */
  readonly clock: { aws: number; here: number };
  /** Lets time go by, on both clocks. */
  pass(seconds: number): void;
  /** Runs the shipped zsp at this machine's time. */
  zsp(...args: readonly string[]): Promise<Run>;
  zspWith(env: Env, ...args: readonly string[]): Promise<Run>;
  run(command: string, args: readonly string[], env?: Env): Promise<Run>;
  /** What a client is given for a profile. */
  serve(profile: string, env?: Env): Promise<Given>;
  /** `200`, or AWS's error code, for listing a bucket with credentials that were handed out. */
  list(bucket: string, given: Given): Promise<string>;
  /** The parameters of every AssumeRole so far. */
  assumed(): readonly Readonly<Record<string, string>>[];
  ledger(): Promise<readonly Readonly<Record<string, string>>[]>;
  close(): Promise<void>;
}

/** A credential process' answer. */
export interface Given {
  readonly AccessKeyId: string;
  readonly SecretAccessKey: string;
  readonly SessionToken: string;
  readonly Expiration: string;
}

/** @param profiles more of ~/.aws/config, for instance from `profile` */
export async function openScene({
  profiles = [],
  ...options
}: Partial<SandboxOptions> & { readonly profiles?: readonly string[] } = {}): Promise<Scene> {
  const clock = { aws: 0, here: 0 };
  const sandbox = await startSandbox({
    autoApproveMs: 0,
    lifetimes: { refreshTokenSeconds: 90 * 86_400 },
    clock: () => Date.now() + clock.aws * 1000,
    ...options,
  });
  const home = newHome({ AWS_ENDPOINT_URL: sandbox.url, AWS_PAGER: '', SSH_CONNECTION: 'test' });
  home.write('.aws/config', [sso, ...standard, ...profiles].join('\n'));
  const runAt: Scene['run'] = (command, args, env = {}) => {
    const options = { env: { ...home.env, ...env }, cwd: home.path };
    if (clock.here === 0) return run(command, args, options);
    return run('faketime', ['-f', `${clock.here > 0 ? '+' : ''}${clock.here}s`, command, ...args], options);
  };
  const zspWith: Scene['zspWith'] = (env, ...args) =>
    clock.here === 0
      ? runZsp(args, { env: { ...home.env, ...env }, cwd: home.path })
      : runAt(process.env.ZSP_TEST_NODE ?? process.execPath, [launcher, ...args], env);
  const signedIn = await zspWith({}, 'login', '--no-browser');
  if (signedIn.status !== 0) throw new Error(`no sign-in: ${signedIn.stderr}`);
  return {
    sandbox,
    home,
    clock,
    pass(seconds) {
      clock.aws += seconds;
      clock.here += seconds;
    },
    zsp: (...args) => zspWith({}, ...args),
    zspWith,
    run: runAt,
    async serve(name, env = {}) {
      const { status, stdout, stderr } = await zspWith(env, 'credential-process', '--profile', name);
      if (status !== 0) throw new Error(`exit ${status}: ${stderr}`);
      return JSON.parse(stdout) as Given;
    },
    list: (bucket, given) => list(sandbox, clock.aws * 1000, bucket, given),
    assumed: () => sandbox.requests.filter((one) => one.operation === 'AssumeRole').map((one) => one.parameters),
    async ledger() {
      const { stdout } = await zspWith({}, 'history', '--json', '--last', '1000');
      return stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
    },
    async close() {
      await sandbox.close();
      home.cleanup();
    },
  };
}

async function list(sandbox: Sandbox, systemClockOffset: number, bucket: string, given: Given): Promise<string> {
  const credentials = {
    accessKeyId: given.AccessKeyId,
    secretAccessKey: given.SecretAccessKey,
    sessionToken: given.SessionToken,
  };
  const where = { endpoint: sandbox.url, region: 'eu-west-1', forcePathStyle: true, maxAttempts: 1 };
  try {
    await new S3Client({ ...where, credentials, systemClockOffset }).send(new ListObjectsV2Command({ Bucket: bucket }));
    return '200';
  } catch (error) {
    return (error as Error).name;
  }
}

export const roleArn = (name: string) => `arn:aws:iam::444455556666:role/${name}`;

/** A section of ~/.aws/config. */
export function profile(name: string, keys: Readonly<Record<string, string>>): string {
  const line = credentialProcessLine(process.execPath, launcher, name);
  const all = Object.entries({ credential_process: line, region: 'eu-west-1', ...keys });
  return `[profile ${name}]\n${all.map(([key, value]) => `${key} = ${value}\n`).join('')}`;
}

const sso = `[sso-session corp]
sso_start_url = https://corp.awsapps.com/start
sso_region = eu-west-1
zsp_keychain = file
`;

const standard = [
  profile('dev', {
    zsp_sso_session: 'corp',
    zsp_sso_account_id: '111122223333',
    zsp_sso_role_name: 'Developer',
  }),
  profile('deploy', { zsp_source_profile: 'dev', zsp_role_arn: roleArn('deploy') }),
  profile('admin', { zsp_source_profile: 'dev', zsp_role_arn: roleArn('admin'), zsp_elevation: 'required' }),
];
