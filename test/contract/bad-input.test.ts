import { symlinkSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { needs } from '../support/needs';
import type { Run } from '../support/zsp';
import { answerOf, deploy, dev, failure, type Keys, openStage, role, type Stage } from './stage';

/** Whatever is wrong: a clear error with its exit status and remedy, nothing asked of AWS, and what was held stays. */

let stage: Stage;
let held: Run;
beforeAll(async () => {
  stage = await openStage();
  await stage.login();
  held = await stage.credentials('deploy');
  answerOf(held);
});
afterAll(() => stage.close());

const asked = () => stage.sandbox.requests.length;
const inHome = (text: string) => text.replaceAll('<HOME>', stage.home.path);

describe('a mistake in the config file', () => {
  const { zsp_sso_role_name: _left, ...incomplete } = dev;
  const tooLong = {
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Action: '*', Resource: `arn:aws:s3:::${'x'.repeat(3000)}` },
  };
  beforeAll(() => {
    stage.home.write('.config/zsp/policies/half.json', '{"Version":"2012-10-17",');
    stage.home.write('.config/zsp/policies/long.json', JSON.stringify(tooLong));
  });

  test.each<[what: string, profiles: Readonly<Record<string, Keys>>, message: string, hint: string]>([
    ['an unknown profile', { depoly: deploy }, ': there is no profile "deploy"', 'did you mean depoly?'],
    [
      'an unknown sso-session',
      { deploy: { ...dev, zsp_sso_session: 'crop' } },
      ':10: zsp_sso_session: there is no [sso-session "crop"]',
      'did you mean corp?',
    ],
    [
      'a missing key',
      { deploy: incomplete },
      ':10: zsp_sso_session: zsp_sso_session, _account_id and _role_name go together',
      'name all three, or a zsp_source_profile',
    ],
    [
      'a key that scopes nothing',
      { deploy: { ...dev, zsp_session_policy: 'x' } },
      ":13: zsp_session_policy: needs zsp_role_arn: a permission set's credentials cannot be scoped or shortened",
      'set zsp_role_arn to the role to assume, or remove zsp_session_policy',
    ],
    [
      'a key that SDKs prefer to credential_process',
      { deploy: { ...dev, sso_account_id: '111122223333' } },
      ':13: sso_account_id: SDKs would use it instead of zsp',
      'remove sso_account_id from this profile',
    ],
    [
      'an ARN that is none',
      { dev, deploy: { ...deploy, zsp_role_arn: 'arn:aws:s3:::artifacts' } },
      ':18: zsp_role_arn: expected a role ARN like arn:aws:iam::111122223333:role/NAME, got "arn:aws:s3:::artifacts"',
      'correct zsp_role_arn in line 18',
    ],
    [
      'a policy file that is missing',
      { dev, deploy: role('deploy', { zsp_session_policy: 'nosuch' }) },
      ':19: zsp_session_policy: cannot read the policy "<HOME>/.config/zsp/policies/nosuch.json" (ENOENT)',
      'write the policy to <HOME>/.config/zsp/policies/nosuch.json, or correct the name',
    ],
    [
      'a policy file that is not JSON',
      { dev, deploy: role('deploy', { zsp_session_policy: 'half' }) },
      ':19: zsp_session_policy: policy half ends where a key in quotes was expected (line 1, column 25)',
      'correct line 1, column 25 of the policy half',
    ],
    [
      'a policy that is too long',
      { dev, deploy: role('deploy', { zsp_session_policy: 'long' }) },
      `:19: zsp_session_policy: policy long has ${JSON.stringify(tooLong).length} characters, ${JSON.stringify(tooLong).length - 2048} too many: STS takes 2048`,
      'shorten it with wildcards, or move a part into a managed policy and name that in zsp_policy_arns',
    ],
    [
      'sources in a circle',
      { dev: role('deploy', { zsp_source_profile: 'deploy' }), deploy },
      ':10: zsp_source_profile: goes round in a circle: deploy → dev → deploy',
      'let one of them name its zsp_sso_session instead',
    ],
    [
      'a source that is no profile',
      { dev, deploy: role('deploy', { zsp_source_profile: 'dve' }) },
      ':17: zsp_source_profile: there is no profile "dve"',
      'did you mean dev?',
    ],
  ])('%s', async (_what, profiles, message, hint) => {
    const before = asked();
    stage.configure(profiles);
    const run = await stage.credentials('deploy');
    expect(run).toEqual(failure(3, inHome(`${stage.env.AWS_CONFIG_FILE}${message}`), inHome(hint)));

    stage.configure({ dev, deploy });
    expect(await stage.credentials('deploy')).toEqual(held);
    expect(asked()).toBe(before);
  });

  test.each([
    ['a header without an end', '[profile deploy\nregion = eu-west-1\n'],
    ['bytes that are no text', '\u0000\u0001[profile deploy]\u0002'],
    ['a line that is neither', '[profile deploy]\nzsp_sso_session corp\n'],
    ['nothing', ''],
  ])('a file that is %s', async (_what, text) => {
    stage.home.write('.aws/config', text);
    const { status, stdout, stderr } = await stage.credentials('deploy');
    expect({ status, stdout }).toEqual({ status: 3, stdout: '' });
    expect(stderr).toMatch(/^zsp: [^\n]*\/\.aws\/config[^\n]+\nzsp: hint: [^\n]+\n$/);
    stage.configure({ dev, deploy });
  });

  test('a file that is not there', async () => {
    const AWS_CONFIG_FILE = `${stage.home.path}/nowhere/config`;
    const hint = 'set up a sign-in and its profiles: zsp configure, or docs/profiles.md';
    expect(await stage.credentials('deploy', { AWS_CONFIG_FILE })).toEqual(
      failure(3, `${AWS_CONFIG_FILE}: there is no such config file`, hint),
    );
  });

  const links = needs('posix');
  test.skipIf(links.skip)(`a file that cannot be read${links.why}`, async () => {
    const AWS_CONFIG_FILE = `${stage.home.path}/circle`;
    symlinkSync(AWS_CONFIG_FILE, AWS_CONFIG_FILE);
    expect(await stage.credentials('deploy', { AWS_CONFIG_FILE })).toEqual(
      failure(3, `${AWS_CONFIG_FILE}: cannot be read (ELOOP)`, `make ${AWS_CONFIG_FILE} a file you can read`),
    );
  });

  test('a directory in its place', async () => {
    const AWS_CONFIG_FILE = stage.home.path;
    expect(await stage.credentials('deploy', { AWS_CONFIG_FILE })).toEqual(
      failure(
        3,
        `${AWS_CONFIG_FILE}: cannot be read (not a regular file)`,
        `make ${AWS_CONFIG_FILE} a file you can read`,
      ),
    );
  });
});

describe('a network that fails', () => {
  const cold = { deploy: { ...deploy, zsp_role_session_name: 'cold' } };
  const portal =
    'open a web page in a browser to sign in to the network, or set HTTPS_PROXY, then run the command again';

  test.each([
    ['signing in', ['login', 'corp', '--force', '--no-browser']],
    ['minting', ['credential-process', '--profile', 'deploy']],
  ])('a web page in place of AWS, while %s', async (_when, args) => {
    stage.configure({ dev, ...cold });
    stage.sandbox.faults.push({ match: {}, action: 'html' });
    const { status, stdout, stderr } = await stage.zsp(args);
    stage.sandbox.faults.length = 0;
    expect({ status, stdout }).toEqual({ status: 7, stdout: '' });
    expect(stderr).toMatch(/^zsp: \w+ at 127\.0\.0\.1:\d+ failed, tried once: answered with a web page: /);
    expect(stderr.split('\n').slice(1)).toEqual([`zsp: hint: ${portal}`, '']);
    stage.configure({ dev, deploy });
    expect(await stage.credentials('deploy')).toEqual(held);
  });

  test('nobody answers at all: an error within the patience of every client', async () => {
    stage.configure({ dev, ...cold });
    stage.sandbox.faults.push({ match: {}, action: 'hang' });
    const started = performance.now();
    const { status, stdout, stderr } = await stage.credentials('deploy');
    stage.sandbox.faults.length = 0;
    expect(performance.now() - started).toBeLessThan(22_000);
    expect({ status, stdout }).toEqual({ status: 7, stdout: '' });
    expect(stderr).toContain('zsp: AssumeRole at ');
    expect(stderr).toContain('\nzsp: hint: check the network, then run the command again\n');
    stage.configure({ dev, deploy });
    expect(await stage.credentials('deploy')).toEqual(held);
  });

  test('an AWS that is not there: held sessions are served, and signing out still forgets them', async () => {
    const gone = await openStage();
    await gone.login();
    const first = await gone.credentials('deploy');
    await gone.sandbox.close();
    expect(await gone.credentials('deploy')).toEqual(first);
    const refused = `GetRoleCredentials at 127.0.0.1:${gone.sandbox.port} failed, tried 3 times: connection refused`;
    gone.configure({ deploy: { ...dev, zsp_sso_role_name: 'ReadOnly' } });
    expect(await gone.credentials('deploy')).toEqual(
      failure(7, refused, 'check the network, then run the command again'),
    );
    const logout = await gone.zsp(['logout', 'corp']);
    expect(logout).toMatchObject({ status: 0, stdout: 'Signed out of corp.\n' });
    expect(logout.stderr).toContain('AWS could not be reached');
    expect((await gone.credentials('deploy')).status).toBe(4);
    gone.home.cleanup();
  });
});
