import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { corp } from '../../src/sandbox/corp';
import { type Sandbox, startSandbox } from '../../src/sandbox/server';
import { bigDirectory, startThrottle } from '../bench/throttle.mjs';
import { needs } from '../support/needs';
import { type Home, newHome, run, runZsp } from '../support/zsp';

let sandbox: Sandbox;
let home: Home;

const hand = '# mine, since 2019\n[profile  old]  ; keep\nregion=us-east-1\ns3 =\n    addressing_style = path\n\n';
const session =
  '[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = eu-west-1\nzsp_keychain = file\n';

const zsp = (...args: string[]) => runZsp(args, { env: home.env });
const config = () => readFileSync(join(home.path, '.aws/config'), 'utf8');
const configured = async (...args: string[]) => {
  const { status, stderr } = await zsp('configure', ...args, '--yes');
  expect([status, status === 0 ? '' : stderr]).toEqual([0, '']);
  return config();
};

beforeAll(async () => {
  sandbox = await startSandbox({ autoApproveMs: 0 });
  home = newHome({ AWS_ENDPOINT_URL: sandbox.url });
  home.write('.aws/config', hand + session);
  expect(await zsp('login')).toMatchObject({ status: 0 });
});
afterAll(async () => {
  home?.cleanup();
  await sandbox?.close();
});
beforeEach(() => {
  sandbox.faults.length = 0;
  home.write('.aws/config', hand + session);
});

test.each([
  ['configure', 'there is no zsp configure "foo"; there is: sso, profiles, role, set'],
  ['history', 'there is no zsp history "foo"; there is: verify'],
  ['keys', 'there is no zsp keys "foo"; there is: scan, migrate'],
])('zsp %s foo is told what there is', async (verb, words) => {
  expect(await zsp(verb, 'foo')).toMatchObject({
    status: 2,
    stderr: `zsp: ${words}\nzsp: hint: run: zsp ${verb} --help\n`,
  });
});

describe('zsp configure sso', () => {
  const flags = ['sso', '--start-url', 'https://example.awsapps.com/start', '--sso-region', 'eu-west-1'];

  test('adds an sso-session, named after its start URL, and leaves the rest as it was', async () => {
    const text = await configured(...flags);
    expect(text.slice(0, (hand + session).length)).toBe(hand + session);
    expect(text.slice((hand + session).length)).toBe(
      '\n[sso-session example]\nsso_start_url = https://example.awsapps.com/start\nsso_region = eu-west-1\nsso_registration_scopes = sso:account:access\n',
    );
  });

  test.each([
    ['a start URL that is none', ['sso', '--start-url', 'corp', '--sso-region', 'eu-west-1'], /expected an https URL/],
    [
      'a region that is none',
      ['sso', '--start-url', 'https://a.awsapps.com/start', '--sso-region', 'x'],
      /expected a region/,
    ],
    ['a name no file can hold', [...flags, '--session', 'a]b'], /no AWS config file can hold/],
  ])('refuses %s, and writes nothing', async (_, args, message) => {
    const { status, stderr } = await zsp('configure', ...args, '--yes');
    expect(stderr).toMatch(message);
    expect([status === 2 || status === 3, config()]).toEqual([true, hand + session]);
  });
});

describe('zsp configure profiles', () => {
  test('writes a profile for every account and role, which zsp serves, and a second time changes nothing', async () => {
    const text = await configured('profiles');
    expect(text.startsWith(hand + session)).toBe(true);
    expect(text.match(/^\[profile .*\]$/gm)).toEqual([
      '[profile development-developer]',
      '[profile development-readonly]',
      '[profile locked-developer]',
      '[profile production-admin]',
      '[profile production-readonly]',
    ]);
    const again = await zsp('configure', 'profiles');
    expect([again.status, again.stdout, config()]).toEqual([0, expect.stringContaining('nothing to change'), text]);
    expect((await zsp('whoami', 'production-readonly')).stdout).toContain('444455556666');
  });

  test.each([
    [
      ['--accounts', 'prod*'],
      ['production-admin', 'production-readonly'],
    ],
    [
      ['--accounts', '1111*', '--accounts', 'locked', '--roles', 'dev*'],
      ['development-developer', 'locked-developer'],
    ],
    [['--roles', 'Admin', '--name-template', '{account_id}.{role_name}'], ['444455556666.Admin']],
    [['--roles', 'Admin', '--name-template', 'x-{account_name}-{role_name:lower}'], ['x-Production-admin']],
  ])('with %j makes %j', async (flags, names) => {
    const text = await configured('profiles', ...flags);
    expect([...text.matchAll(/^\[profile (.*)\]$/gm)].map(([, name]) => name)).toEqual(names);
  });

  test('refuses names that two roles would share, with the list', async () => {
    const { status, stderr } = await zsp('configure', 'profiles', '--name-template', '{role_name:lower}', '--yes');
    expect(status).toBe(2);
    expect(stderr).toMatch(/developer \(Development 111122223333 Developer, Locked 777788889999 Developer\)/);
    expect(stderr).toMatch(/readonly \(Development/);
    expect(config()).toBe(hand + session);
  });

  test("refuses the name of somebody else's profile", async () => {
    const { stderr } = await zsp('configure', 'profiles', '--roles', 'Admin', '--name-template', 'old', '--yes');
    expect(stderr).toMatch(/old \(a profile that is there already, Production/);
  });

  test.each(['{account}', '{role_name:upper}', '{', 'a}b'])(
    'refuses the template %j before it asks AWS',
    async (template) => {
      const asked = sandbox.count('ListAccounts');
      const { status } = await zsp('configure', 'profiles', '--name-template', template, '--yes');
      expect([status, sandbox.count('ListAccounts')]).toEqual([2, asked]);
    },
  );

  test('prunes what zsp made for roles that are gone, and nothing that somebody touched', async () => {
    const made = (name: string, more = '') =>
      `[profile ${name}]\ncredential_process = /n /z credential-process --profile ${name}\nregion = eu-west-1\nzsp_sso_session = corp\nzsp_sso_account_id = 999900001111\nzsp_sso_role_name = Gone\n${more}\n`;
    const kept = made('touched', 'output = json') + made('mine').replace('/n /z credential-process', 'my-own-tool');
    home.write('.aws/config', `${hand}${session}\n${made('gone')}${kept}`);
    const text = await configured('profiles', '--prune', '--roles', 'nothing-fits');
    expect(text).toBe(`${hand}${session}\n${kept}`);
  });

  test('says what it would write, and writes nothing, with --dry-run and without a terminal', async () => {
    const dry = await zsp('configure', 'profiles', '--dry-run', '--roles', 'Admin');
    expect([dry.status, dry.stdout]).toEqual([0, expect.stringContaining('+ [profile production-admin]')]);
    const silent = await zsp('configure', 'profiles', '--roles', 'Admin');
    expect([silent.status, silent.stderr]).toEqual([2, expect.stringContaining('--yes')]);
    expect(config()).toBe(hand + session);
  });

  test('never takes a part for the whole', async () => {
    sandbox.faults.push({ match: { operation: 'ListAccountRoles', times: 2 }, action: 'throttle' });
    await configured('profiles');
    home.write('.aws/config', hand + session);
    sandbox.faults.push({ match: { operation: 'ListAccountRoles' }, action: 'error500' });
    const { status, stderr } = await zsp('configure', 'profiles', '--yes');
    expect([status, stderr]).toEqual([7, expect.stringMatching(/stopped after 0 of 3 accounts: ListAccountRoles/)]);
    expect(config()).toBe(hand + session);
  });

  const aws = needs('aws');
  test.skipIf(aws.skip)(`writes a file that the AWS CLI reads${aws.why}`, async () => {
    await configured('profiles');
    const made = await run('aws', ['configure', 'get', 'region', '--profile', 'production-admin'], { env: home.env });
    expect([made.status, made.stdout.trim()]).toEqual([0, 'eu-west-1']);
    const style = await run('aws', ['configure', 'get', 's3.addressing_style', '--profile', 'old'], { env: home.env });
    expect(style.stdout.trim()).toBe('path');
  });
});

describe('zsp configure role and set', () => {
  const role = ['role', 'deploy', '--source', 'dev', '--role-arn', 'arn:aws:iam::444455556666:role/deploy'];
  const dev =
    '[profile dev]\nregion = eu-west-1\nzsp_sso_session = corp\nzsp_sso_account_id = 111122223333\nzsp_sso_role_name = Developer\n';
  beforeEach(() => void home.write('.aws/config', hand + session + dev));

  test('a role is assumed from its source', async () => {
    const text = await configured(...role, '--duration', '30m', '--external-id', 'e1');
    expect(text.startsWith(hand + session + dev)).toBe(true);
    expect(text).toMatch(
      /zsp_source_profile = dev\nzsp_role_arn = .*\/deploy\nzsp_duration = 30m\nzsp_external_id = e1\n$/,
    );
    expect((await zsp('whoami', 'deploy')).stdout).toContain('assumed-role/deploy');
  });

  test('asked for again with less said keeps the interlock', async () => {
    await configured(...role, '--elevation', 'required');
    expect(await configured(...role)).toContain('zsp_elevation = required');
    expect(await zsp('whoami', 'deploy')).toMatchObject({ status: 8 });
  });

  test.each([
    ['a source that is not there', [...role.slice(0, 3), 'nobody', ...role.slice(4)], /there is no profile "nobody"/],
    ['a role ARN that is none', [...role.slice(0, 5), 'deploy'], /expected a role ARN/],
    ['a duration that is none', [...role, '--duration', '13h'], /expected a duration/],
    ['a policy that is not there', [...role, '--policy', 'nothing'], /cannot read the policy/],
    ['a misspelt key', ['set', 'dev', 'zsp_elevaton=required'], /no such key[\s\S]*zsp_elevation/],
    ['a key that SDKs prefer', ['set', 'dev', 'role_arn=arn:aws:iam::444455556666:role/deploy'], /instead of zsp/],
    [
      'a secret key, which is not shown',
      ['set', 'dev', 'aws_secret_access_key=VERYSECRET'],
      /^(?![\s\S]*VERYSECRET)[\s\S]*instead/,
    ],
    ['what is no key=value', ['set', 'dev', 'zsp_reason'], /is not key=value/],
  ])('%s is refused, and nothing is written', async (_, args, message) => {
    const { status, stderr } = await zsp('configure', ...args, '--yes');
    expect(stderr).toMatch(message);
    expect([status === 2 || status === 3, config()]).toEqual([true, hand + session + dev]);
  });

  test('a key of an sso-session is set, and one that it cannot have is refused', async () => {
    const [before = '', after = ''] = (await configured('set', 'corp', 'zsp_keychain=auto')).split(
      'zsp_keychain = auto',
    );
    expect(`${before}zsp_keychain = file${after}`).toBe(hand + session + dev);
    const { status, stderr } = await zsp('configure', 'set', 'corp', 'zsp_duration=30m', '--yes');
    expect([status, stderr]).toEqual([2, expect.stringContaining('sso-session corp would not work: zsp_duration')]);
  });

  test.each([
    ['zsp_keychain=kernel', 'If you are signed in to corp, run zsp logout corp first: '],
    ['sso_start_url=https://other.awsapps.com/start', 'If you are signed in to corp, run zsp logout corp first: '],
    ['zsp_browser=open {url}', ''],
  ])('what would leave a sign-in where no logout looks for it says so: %s', async (pair, said) => {
    const { status, stderr } = await zsp('configure', 'set', 'corp', pair, '--yes');
    expect([status, /If you are[^:]*: |$/.exec(stderr)?.[0]]).toEqual([0, said]);
  });

  test('the key says which is meant where a profile and an sso-session are of one name', async () => {
    home.write('.aws/config', session + dev.replace('profile dev', 'profile corp'));
    expect(await configured('set', 'corp', 'region=us-east-1')).toContain('\nregion = us-east-1\n');
    expect(await configured('set', 'corp', 'zsp_keychain=auto')).toContain('\nzsp_keychain = auto\n');
  });

  test('--keychain is refused where it would do nothing', async () => {
    const { status, stderr } = await zsp('configure', ...role, '--keychain', 'file', '--yes');
    expect([status, stderr]).toEqual([2, expect.stringContaining('--keychain is no flag of zsp configure role')]);
  });

  test('a key is set, and taken away', async () => {
    expect(await configured('set', 'dev', 'region=eu-central-1', 'zsp_reason=required')).toContain(
      'region = eu-central-1\n',
    );
    expect(await configured('set', 'dev', 'zsp_reason=')).not.toContain('zsp_reason');
  });
});

describe('zsp list', () => {
  test('shows accounts and roles with the profiles that reach them', async () => {
    await configured('profiles', '--roles', 'Admin');
    const { stdout } = await zsp('list', 'prod');
    expect(stdout).toBe(
      'ACCOUNT     ID            ROLE      PROFILES\n' +
        'Production  444455556666  Admin     production-admin\n' +
        'Production  444455556666  ReadOnly\n',
    );
    const { roles } = JSON.parse((await zsp('list', '--json', 'production-admin')).stdout);
    expect(roles).toEqual([
      {
        accountId: '444455556666',
        accountName: 'Production',
        emailAddress: 'aws-prod@corp.example',
        roleName: 'Admin',
        profiles: ['production-admin'],
      },
    ]);
  });

  test('asks AWS once a minute, and anew for another sign-in', async () => {
    await zsp('list');
    const asked = sandbox.count('ListAccounts');
    await zsp('list');
    expect(sandbox.count('ListAccounts')).toBe(asked);
    await zsp('login', '--force');
    await zsp('list');
    expect(sandbox.count('ListAccounts')).toBe(asked + 1);
  });

  test('renews a sign-in that AWS has ended', async () => {
    sandbox.revokeToken();
    home.remove('run/zsp/discoveries');
    expect(await zsp('list')).toMatchObject({ status: 0 });
  });
});

describe('many accounts', () => {
  test('are discovered within 1.15 of the least time the limit permits', async () => {
    const big = await startSandbox({ directory: bigDirectory(corp, 200, 5), autoApproveMs: 0 });
    const limit = { perSecond: 20, burst: 5, latencyMs: 40 };
    const throttle = await startThrottle(big.url, limit);
    const other = newHome({ AWS_ENDPOINT_URL: throttle.url });
    try {
      other.write('.aws/config', session);
      expect(await runZsp(['login'], { env: other.env })).toMatchObject({ status: 0 });
      const made = await runZsp(['configure', 'profiles', '--yes'], { env: other.env, timeout: 60_000 });
      expect([made.status, made.stdout]).toEqual([0, expect.stringContaining('7000 lines added')]);
      const { allowed, firstAt, lastAt } = throttle.seen;
      const least = ((allowed - limit.burst) / limit.perSecond) * 1000;
      expect((lastAt - firstAt) / least).toBeLessThan(1.15);
    } finally {
      other.cleanup();
      await throttle.close();
      await big.close();
    }
  }, 90_000);
});
