import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { resolveProfile } from '../../src/profile/resolve';
import { readSettings } from '../../src/profile/settings';
import { newHome } from '../support/zsp';

const home = newHome();
const { env } = home;
afterAll(() => home.cleanup());

const policy = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}';
const config = `
[sso-session corp]
sso_start_url = https://corp.awsapps.com/start
sso_region = eu-west-1

[profile dev]
region = eu-west-1
zsp_sso_session = corp
zsp_sso_account_id = 111122223333
zsp_sso_role_name = Developer

[profile deploy]
zsp_source_profile = dev
zsp_role_arn = arn:aws:iam::444455556666:role/deploy
zsp_session_policy = deploy-only
`;

/** The settings of `deploy` after an edit of the file. */
function edited(from: string, to: string): string | undefined {
  expect(config).toContain(from);
  return settingsWith(config.replace(from, to));
}

function settingsWith(text: string): string | undefined {
  home.write('.aws/config', text);
  home.write('.config/zsp/policies/deploy-only.json', policy);
  return readSettings('deploy', env)?.text;
}

describe('the settings of a profile', () => {
  test('are those the resolver gives', () => {
    const text = settingsWith(config);
    expect(resolveProfile('deploy', env).settings).toBe(text);
    expect(readSettings('deploy', env)).toEqual({
      configFile: join(home.path, '.aws', 'config'),
      profile: 'deploy',
      text,
      keychain: 'auto',
      elevated: false,
    });
  });

  test.each([
    ['a comment', '[profile dev]\n', '[profile dev]\n# hello\n'],
    ['an empty line', '[profile dev]\n', '\n\n[profile dev]\n\n'],
    ["another tool's key", '[profile dev]\n', '[profile dev]\noutput = json\n'],
    ['another profile', '[profile dev]\n', '[profile x]\nzsp_duration = 1h\n[profile dev]\n'],
    [
      'the order of keys',
      'zsp_sso_account_id = 111122223333\nzsp_sso_role_name = Developer',
      'zsp_sso_role_name = Developer\nzsp_sso_account_id = 111122223333',
    ],
    ['the space around a value', 'zsp_sso_session = corp', 'ZSP_SSO_SESSION=corp  '],
  ])('do not change with %s', (_, from, to) => {
    expect(edited(from, to)).toBe(settingsWith(config));
  });

  test.each([
    ['the permission set', 'Developer', 'Admin'],
    ['the account', '111122223333', '111122223334'],
    ['the region', 'region = eu-west-1\nzsp', 'region = eu-west-2\nzsp'],
    ['the role', 'role/deploy', 'role/deploy2'],
    ['a new key', '[profile deploy]\n', '[profile deploy]\nzsp_elevation = required\n'],
    ["a source's new key", '[profile dev]\n', '[profile dev]\nzsp_elevation = required\n'],
    ['the kind of endpoints', '[profile dev]\n', '[profile dev]\nuse_fips_endpoint = true\n'],
    ['a key that SDKs would use instead', '[profile dev]\n', '[profile dev]\nrole_arn = x\n'],
    ['the start URL', 'corp.awsapps', 'lab.awsapps'],
    ['the policy named', 'zsp_session_policy = deploy-only\n', ''],
    ['the sign-in region', 'sso_region = eu-west-1', 'sso_region = eu-central-1'],
    ['the endpoint in the file', 'sso_region', 'zsp_endpoint_url = https://sandbox.example\nsso_region'],
  ])('change with %s', (_, from, to) => {
    const changed = edited(from, to);
    expect(changed).toBeDefined();
    expect(changed).not.toBe(settingsWith(config));
  });

  test('change with the bytes of the policy', () => {
    const before = settingsWith(config);
    home.write('.config/zsp/policies/deploy-only.json', `${policy} `);
    expect(readSettings('deploy', env)?.text).not.toBe(before);
  });

  test.each([
    'AWS_ENDPOINT_URL',
    'AWS_ENDPOINT_URL_SSO',
    'AWS_ENDPOINT_URL_SSO_OIDC',
    'AWS_ENDPOINT_URL_STS',
    'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS',
  ])('change with %s', (name) => {
    const before = settingsWith(config);
    const there = (value: string) => readSettings('deploy', { ...env, [name]: value })?.text;
    expect(there('')).toBe(before);
    expect(there('http://127.0.0.1:1')).not.toBe(before);
    expect(there('http://127.0.0.1:1')).not.toBe(there('http://127.0.0.1:2'));
  });

  test.each([
    ['the profile is missing', '[profile deploy]', '[profile other]'],
    ['a source is missing', '[profile dev]', '[profile other]'],
    ['sources go round', 'zsp_sso_session = corp', 'zsp_source_profile = deploy'],
    ['the sso-session is missing', '[sso-session corp]', '[sso-session other]'],
    ['a policy is missing', 'deploy-only', 'nothing'],
    ['a policy is a device', 'zsp_session_policy = deploy-only', 'zsp_session_policy = /dev/zero'],
    ['a line is no setting', '[profile dev]\n', '[profile dev]\nzsp_elevation: required\n'],
    ['the keychain is none', 'sso_region', 'zsp_keychain = paper\nsso_region'],
  ])('are left to the resolver where %s', (_, from, to) => {
    expect(edited(from, to)).toBeUndefined();
  });

  test('are left to the resolver where there is no file', () => {
    settingsWith(config);
    expect(readSettings('deploy', { ...env, AWS_CONFIG_FILE: join(home.path, 'none') })).toBeUndefined();
    expect(readSettings('deploy', { ...env, AWS_CONFIG_FILE: home.path })).toBeUndefined();
  });

  test('are found in AWS_CONFIG_FILE, with its ~', () => {
    home.write('other', config);
    expect(readSettings('deploy', { ...env, AWS_CONFIG_FILE: '~/other' })?.configFile).toBe(join(home.path, 'other'));
  });
});
