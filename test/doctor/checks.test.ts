import { chmodSync, existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Check, DoctorWorld } from '../../src/doctor/check';
import { checks, examine } from '../../src/doctor/checks';
import { clientCaches } from '../../src/doctor/client-caches';
import { clock } from '../../src/doctor/clock';
import { config as configCheck } from '../../src/doctor/config';
import { credentialsFile } from '../../src/doctor/credentials-file';
import { endpointsReached } from '../../src/doctor/endpoints-reached';
import { environment } from '../../src/doctor/environment';
import { fileModes } from '../../src/doctor/file-modes';
import { keychain } from '../../src/doctor/keychain';
import { precedence } from '../../src/doctor/precedence';
import { processLines } from '../../src/doctor/process-lines';
import { versions } from '../../src/doctor/versions';
import { ZspError } from '../../src/errors';
import { needs } from '../support/needs';
import { config, healthyMachine, type Machine, told } from './stage';

let machine: Machine;
beforeEach(() => {
  machine = healthyMachine();
});
afterEach(() => machine.remove());

const file = () => join(machine.path, '.aws', 'config');
const text = () => readFileSync(file(), 'utf8');
const rewrite = (change: (text: string) => string) => void machine.write('.aws/config', change(text()));
const withEnv = (env: Readonly<Record<string, string>>): DoctorWorld => ({
  ...machine.world,
  env: { ...machine.world.env, ...env },
});

/** Lets zsp mend what a check finds, and expects the check to be content. */
async function mend(check: Check, world: DoctorWorld): Promise<void> {
  for (const { fix } of await examine(check, world)) fix?.apply();
  expect(await examine(check, world)).toEqual([]);
}

test.each(checks.map((check) => [check.name, check] as const))('a healthy machine: %s', async (_name, check) => {
  expect(await examine(check, machine.world)).toEqual([]);
});

test.each(checks.map((check) => [check.name, check] as const))(
  'a machine without any config: %s',
  async (_name, check) => {
    machine.remove();
    const findings = await examine(check, { ...machine.world, script: process.execPath });
    expect(findings).toEqual([]);
  },
);

describe('profiles', () => {
  test('one that does not resolve is told with its line, and gone once corrected', async () => {
    rewrite((old) => old.replace('zsp_sso_role_name', 'zsp_sso_rol_name'));
    const [[message = '', remedy = ''] = []] = await told(configCheck, machine.world);
    expect(message).toContain('config:10: zsp_sso_rol_name: zsp has no such key');
    const [, likely = ''] = /did you mean (\w+)\?/.exec(remedy) ?? [];
    rewrite((old) => old.replace('zsp_sso_rol_name', likely));
    expect(await told(configCheck, machine.world)).toEqual([]);
  });

  test('a mistake in a sign-in is told once', async () => {
    rewrite((old) => old.replace('sso_region = eu-west-1', 'sso_region = Europe'));
    expect(await told(configCheck, machine.world)).toHaveLength(1);
  });

  test('a file that nobody can read as one is told, not thrown', async () => {
    rewrite(() => '');
    expect(await told(configCheck, withEnv({ AWS_CONFIG_FILE: machine.path }))).toHaveLength(1);
  });
});

describe('credential_process', () => {
  test.each([
    [
      'a node that is gone',
      (line: string) => line.replace(process.execPath, '/opt/node-18/bin/node'),
      'runs /opt/node-18/bin/node, which is not there',
    ],
    ['a script that is gone', (line: string) => line.replace('zsp.js', 'gone.js'), 'gone.js, which is not there'],
    ['another profile', (line: string) => line.replace('--profile dev', '--profile prod'), 'asks for prod'],
    ['no profile', (line: string) => line.replace(' --profile dev', ''), 'asks for no profile'],
  ])('with %s is told, and corrected by --fix', async (_what, change, expected) => {
    rewrite((old) => old.replace(/^credential_process.*$/m, change));
    expect((await told(processLines, machine.world)).map(([message]) => message)).toEqual([
      expect.stringContaining(expected),
    ]);
    await mend(processLines, machine.world);
    expect(text()).toBe(config(machine.world.script));
  });

  test('that is missing is written', async () => {
    rewrite((old) => old.replace(/^credential_process.*\n/m, ''));
    expect(await told(processLines, machine.world)).toMatchObject([
      [expect.stringContaining('has no credential_process'), expect.anything()],
    ]);
    await mend(processLines, machine.world);
  });

  test("that is somebody's own is left alone", async () => {
    rewrite((old) => old.replace(/^credential_process.*$/m, 'credential_process = my-wrapper dev'));
    expect(await told(processLines, machine.world)).toEqual([]);
  });
});

describe('what comes before it', () => {
  test.each(['role_arn', 'sso_session', 'sso_start_url', 'aws_access_key_id'])(
    '%s is told, and gone once removed',
    async (key) => {
      rewrite((old) => old.replace('[profile dev]\n', `[profile dev]\n${key} = something\n`));
      expect(await told(precedence, machine.world)).toEqual([
        [expect.stringContaining(`profile dev has ${key}:`), `remove ${key} (line 6 of ${file()})`],
      ]);
      expect(await told(configCheck, machine.world)).toEqual([]);
      rewrite((old) =>
        old
          .split('\n')
          .filter((_, at) => at !== 5)
          .join('\n'),
      );
      expect(await told(precedence, machine.world)).toEqual([]);
    },
  );

  test('static keys of the same name in the credentials file are told, and gone once their lines are', async () => {
    const pair = 'aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n';
    machine.write('.aws/credentials', `[theirs]\n${pair}[dev]\n${pair}`);
    const findings = await told(credentialsFile, machine.world);
    expect(findings).toMatchObject([
      [expect.stringContaining('static keys for dev,'), expect.stringMatching(/lines 5, 6$/)],
    ]);
    expect(JSON.stringify(findings)).not.toContain('AKIA');
    machine.write('.aws/credentials', `[theirs]\n${pair}[dev]\n`);
    expect(await told(credentialsFile, machine.world)).toEqual([]);
  });
});

describe('the environment', () => {
  test.each([
    [
      { AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 'hush' },
      'run: unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY',
    ],
    [{ AWS_SESSION_TOKEN: 'hush' }, 'run: unset AWS_SESSION_TOKEN'],
    [{ AWS_PROFILE: 'nothing-like-it' }, 'run: unset AWS_PROFILE'],
    [{ AWS_PROFILE: 'dve' }, 'run: export AWS_PROFILE=dev'],
    [{ AWS_DEFAULT_PROFILE: 'dve' }, 'run: export AWS_DEFAULT_PROFILE=dev'],
    [{ NODE_TLS_REJECT_UNAUTHORIZED: '0' }, 'run: unset NODE_TLS_REJECT_UNAUTHORIZED; and'],
    [{ AWS_CONFIG_FILE: '/nowhere/config' }, 'run: unset AWS_CONFIG_FILE'],
  ] as const)('%j is told, and gone once its remedy is run', async (env, remedy) => {
    const findings = await told(environment, withEnv(env));
    expect(findings.map(([, one]) => one)).toEqual([expect.stringContaining(remedy)]);
    expect(JSON.stringify(findings)).not.toContain('hush');
    expect(await told(environment, withEnv(carriedOut(env, findings[0]?.[1] ?? '')))).toEqual([]);
  });

  test('a profile of another tool is no mistake', async () => {
    expect(await told(environment, withEnv({ AWS_PROFILE: 'theirs' }))).toEqual([]);
  });
});

/** What a shell would make of the remedy. */
function carriedOut(env: Readonly<Record<string, string>>, remedy: string): Record<string, string> {
  const [, verb, rest = ''] = /^run: (unset|export) ([^;]*)/.exec(remedy) ?? [];
  const [name = '', value = ''] = rest.split('=');
  if (verb === 'export') return { ...env, [name]: value };
  return Object.fromEntries(Object.entries(env).filter(([key]) => !rest.split(' ').includes(key)));
}

const posix = needs('posix');
describe.skipIf(posix.skip)(`file modes${posix.why}`, () => {
  test.each([
    ['.aws/config', 0o666, 'change'],
    ['.aws', 0o777, 'change'],
    ['zsp.js', 0o666, 'change'],
    ['.aws/credentials', 0o644, 'read'],
    ['.config/zsp/policies/read.json', 0o664, 'change'],
    ['.local/state/zsp', 0o755, 'read'],
  ])('%s of mode %o can be %sd by others: told, and gone after its remedy', async (name, mode, what) => {
    machine.write('.aws/credentials', '');
    machine.write('.config/zsp/policies/read.json', '{}');
    machine.write('.local/state/zsp/keychain', 'file');
    const path = join(machine.path, name);
    chmodSync(path, mode);
    const findings = await told(fileModes, machine.world);
    expect(findings).toEqual([
      [`other users can ${what} ${path} (mode ${mode.toString(8)})`, expect.stringMatching(/^run: chmod g?o[-=]w? /)],
    ]);
    await mend(fileModes, machine.world);
    expect(statSync(path).mode & 0o700).toBe(mode & 0o700);
  });
});

test.skipIf(posix.skip)(`an installation may belong to a group${posix.why}`, async () => {
  chmodSync(machine.world.script, 0o664);
  expect(await told(fileModes, machine.world)).toEqual([]);
});

describe("the AWS CLI's caches", () => {
  test.each(['cli', 'sso', 'login'])('~/.aws/%s/cache is told, and emptied by --fix', async (tool) => {
    const token = machine.write(`.aws/${tool}/cache/0123.json`, '{"accessToken":"hush"}');
    const kept = machine.write(`.aws/${tool}/cache/readme.txt`, '');
    const findings = await told(clientCaches, machine.world);
    expect(findings).toMatchObject([
      [expect.stringMatching(/in plain text, in one file$/), expect.stringContaining('zsp doctor --fix')],
    ]);
    await mend(clientCaches, machine.world);
    expect([existsSync(token), existsSync(kept)]).toEqual([false, true]);
  });
});

describe('the keychain, the network and the clock', () => {
  const locked = new ZspError('keychain_unavailable', 'the keyring is locked', { remedy: 'unlock it' });
  test.each([
    ['auto', '', 'unlock it; or move to another keychain: zsp login corp --keychain file'],
    ['kernel', 'zsp_keychain = kernel\n', 'unlock it; or choose another zsp_keychain'],
    ['file', 'zsp_keychain = file\n', 'unlock it'],
  ])('a keychain that keeps nothing (%s) is told', async (_choice, line, remedy) => {
    rewrite((old) => old.replace('[sso-session corp]\n', `[sso-session corp]\n${line}`));
    const tryKeychain = () => Promise.reject(locked);
    expect(await told(keychain, { ...machine.world, tryKeychain })).toEqual([['the keyring is locked', remedy]]);
  });

  test.each([
    [301_000, 'is 5m 1s behind'],
    [-3_600_000, 'is 1h ahead of'],
  ])('a clock that is %i ms off is told', async (skew, words) => {
    const findings = await told(clock, { ...machine.world, reach: async () => skew });
    expect(findings).toMatchObject([[expect.stringContaining(words), expect.stringContaining('timedatectl')]]);
  });

  test('a clock a few minutes off is not', async () => {
    expect(await told(clock, { ...machine.world, reach: async () => -299_000 })).toEqual([]);
  });

  test('an endpoint that does not answer is told, and the clock is asked of another', async () => {
    const down = new ZspError('aws_unavailable', 'oidc cannot be reached', { remedy: 'check the network' });
    const reach: DoctorWorld['reach'] = async (service) => {
      if (service === 'oidc') throw down;
      return 600_000;
    };
    expect(await told(endpointsReached, { ...machine.world, reach })).toEqual([[down.message, 'check the network']]);
    expect(await told(clock, { ...machine.world, reach })).toHaveLength(1);
  });

  test('a bug in a check is not called a finding', async () => {
    const tryKeychain = () => Promise.reject(new TypeError('oops'));
    await expect(examine(keychain, { ...machine.world, tryKeychain })).rejects.toThrow('oops');
  });
});

test.each([
  [{ node: '18.20.0' }, ['Node 18.20.0 is older than zsp is made for']],
  [{ node: '20.18.9' }, ['Node 20.18.9 is older than zsp is made for']],
  [{ node: '24.0.0' }, []],
  [{ aws: '1.11.13' }, ['AWS CLI 1.11.13 may not know credential_process']],
  [{ aws: undefined }, []],
])('versions %j', async (some, expected) => {
  const world = { ...machine.world, versions: { ...machine.world.versions, ...some } };
  expect((await told(versions, world)).map(([message]) => message)).toEqual(expected);
});
