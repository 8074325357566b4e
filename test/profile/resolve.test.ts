import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { ZspError } from '../../src/errors';
import { listProfiles, resolvePermissionSet, resolveProfile } from '../../src/profile/resolve';
import { readSettings } from '../../src/profile/settings';
import { listSsoSessions, resolveSsoSession } from '../../src/profile/sso-session';
import { fuzz } from '../support/fuzz';
import { newHome } from '../support/zsp';

const home = newHome();
const { env } = home;
const configFile = join(home.path, '.aws', 'config');
const policy = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}';
afterAll(() => home.cleanup());

const corp = '[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = eu-west-1\n';
const sso = 'zsp_sso_session = corp\nzsp_sso_account_id = 111122223333\nzsp_sso_role_name = Developer\n';
const dev = `[profile dev]\n${sso}`;
const roleArn = 'arn:aws:iam::444455556666:role/deploy';
const deploy = `[profile deploy]\nzsp_source_profile = dev\nzsp_role_arn = ${roleArn}\n`;

function resolve(config: string, name = 'dev') {
  home.write('.aws/config', config);
  return resolveProfile(name, env);
}

function refused(config: string, name = 'dev'): ZspError {
  try {
    resolve(config, name);
  } catch (error) {
    if (error instanceof ZspError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('a permission set that no profile stands for', () => {
  const name = '111122223333/Developer';
  const asProfile = () => resolvePermissionSet('corp', '111122223333', 'Developer', env);

  test('is what a profile of its three keys would be', () => {
    home.write('.aws/config', corp);
    const { ssoSession, ...bare } = asProfile();
    const { ssoSession: _, ...written } = resolve(`${corp}[profile ${name}]\n${sso}`, name);
    expect(bare).toEqual(written);
    expect(ssoSession.name).toBe('corp');
  });

  test('does not take the name of a profile, whose window it would end', () => {
    home.write('.aws/config', `${corp}${dev}[profile ${name}]\nzsp_source_profile = dev\nzsp_role_arn = ${roleArn}\n`);
    expect(asProfile).toThrow(`config:8: profile "${name}" is called like a role, and is another one`);
  });
});

describe('a profile', () => {
  test('of a bare permission set', () => {
    expect(resolve(`${corp}${dev}region = us-east-1\n`)).toMatchObject({
      name: 'dev',
      configFile,
      ssoSession: {
        name: 'corp',
        startUrl: 'https://corp.awsapps.com/start',
        region: 'eu-west-1',
        registrationScopes: ['sso:account:access'],
        keychain: 'auto',
        endpoints: { origin: 'aws' },
      },
      source: { kind: 'permission-set', accountId: '111122223333', roleName: 'Developer' },
      region: 'us-east-1',
      reasonRequired: false,
    });
    expect(resolveProfile('dev', env)).not.toHaveProperty('role');
    expect(resolveProfile('dev', env)).not.toHaveProperty('elevationRequiredBy');
  });

  test('with a role and everything that shapes it', () => {
    home.write('.config/zsp/policies/read.json', policy);
    const keys = [
      'zsp_session_policy = read',
      'zsp_policy_arns = arn:aws:iam::aws:policy/ReadOnlyAccess, arn:aws:iam::111122223333:policy/a/b',
      'zsp_duration = 1h30m',
      'zsp_role_session_name = ci@corp',
      'zsp_external_id = ext:1/2',
      'zsp_source_identity = alice',
      'zsp_session_tags = team = payments,ticket=AB=1',
      'zsp_transitive_tags = ticket',
      'zsp_browser = open {url}',
    ];
    const profile = resolve(`${corp}${dev}zsp_role_arn = ${roleArn}\n${keys.join('\n')}\n`);
    expect(profile.browser).toBe('open {url}');
    expect(profile.role).toEqual({
      roleArn,
      durationSeconds: 5400,
      policy: { name: 'read', text: policy },
      policyArns: ['arn:aws:iam::aws:policy/ReadOnlyAccess', 'arn:aws:iam::111122223333:policy/a/b'],
      roleSessionName: 'ci@corp',
      externalId: 'ext:1/2',
      sourceIdentity: 'alice',
      tags: { team: 'payments', ticket: 'AB=1' },
      transitiveTags: ['ticket'],
    });
  });

  test('takes what it lacks from its source: the region, and what is required there', () => {
    const source = `${dev}region = us-east-2\nzsp_elevation = required\nzsp_reason = required\n`;
    const profile = resolve(`${corp}${source}${deploy}`, 'deploy');
    expect(profile).toMatchObject({ region: 'us-east-2', elevationRequiredBy: 'dev', reasonRequired: true });
    expect(profile.source).toMatchObject({ kind: 'profile', profile: { name: 'dev' } });
    expect(profile.role).toMatchObject({ roleArn, durationSeconds: 3600 });
  });

  test('names itself where both require elevation', () => {
    const required = 'zsp_elevation = required\n';
    expect(resolve(`${corp}${dev}${required}${deploy}${required}`, 'deploy').elevationRequiredBy).toBe('deploy');
  });

  test.each(['read', join(home.path, 'own.json'), policy])('may have the policy %s', (named) => {
    home.write('.config/zsp/policies/read.json', policy);
    home.write('own.json', `${policy}\n`);
    expect(resolve(`${corp}${dev}zsp_role_arn = ${roleArn}\nzsp_session_policy = ${named}\n`).role?.policy?.text).toBe(
      policy,
    );
  });

  test('lives in the partition of its sign-in', () => {
    const china = corp.replace('eu-west-1', 'cn-north-1');
    const role = 'zsp_role_arn = arn:aws-cn:iam::444455556666:role/deploy\n';
    expect(resolve(`${china}${dev}${role}`).ssoSession.endpoints.origin).toBe('aws-cn');
    expect(refused(`${corp}${dev}${role}`).message).toContain('partition aws,');
    expect(refused(`${corp}${dev}region = cn-north-1\n`).message).toContain('partition aws,');
  });
});

describe('refused, with file, line and key:', () => {
  test.each([
    ['zsp_sso_account_id = 1234', 'zsp_sso_account_id: expected an account ID of 12 digits, got "1234"'],
    ['zsp_sso_role_name = a b', `zsp_sso_role_name: expected a permission set's name, got "a b"`],
    ['zsp_sso_session =', 'zsp_sso_session: expected the name of an [sso-session], got ""'],
    ['zsp_role_arn = deploy', 'zsp_role_arn: expected a role ARN'],
    ['zsp_role_arn = arn:aws:iam::444455556666:user/x', 'zsp_role_arn: expected a role ARN'],
    [`zsp_role_arn = ${roleArn}\nzsp_duration = 13h`, 'zsp_duration: expected a duration from 1m to 12h'],
    [`zsp_role_arn = ${roleArn}\nzsp_duration = 30s`, 'zsp_duration: expected a duration from 1m to 12h'],
    [`zsp_role_arn = ${roleArn}\nzsp_policy_arns = nope`, 'zsp_policy_arns: expected policy ARNs'],
    [
      `zsp_role_arn = ${roleArn}\nzsp_policy_arns = ${Array(11).fill('arn:aws:iam::aws:policy/A').join()}`,
      'at most ten',
    ],
    [`zsp_role_arn = ${roleArn}\nzsp_role_session_name = a`, 'zsp_role_session_name: expected 2 to 64'],
    [`zsp_role_arn = ${roleArn}\nzsp_external_id = a`, 'zsp_external_id: expected 2 to 1224'],
    [`zsp_role_arn = ${roleArn}\nzsp_source_identity = a b`, 'zsp_source_identity: expected 2 to 64'],
    [`zsp_role_arn = ${roleArn}\nzsp_session_tags = team`, 'zsp_session_tags: expected tags'],
    [`zsp_role_arn = ${roleArn}\nzsp_session_tags = aws:x=1`, 'zsp_session_tags: expected tags'],
    [`zsp_role_arn = ${roleArn}\nzsp_session_tags = a=1,A=2`, 'zsp_session_tags: expected each tag once'],
    [`zsp_role_arn = ${roleArn}\nzsp_transitive_tags = toString`, 'zsp_transitive_tags: "toString" is not among'],
    ['zsp_duration = 1h', 'zsp_duration: needs zsp_role_arn'],
    ['zsp_elevation = yes', 'zsp_elevation: expected `required`, got "yes"'],
    ['zsp_browser = firefox', 'zsp_browser: expected a command with {url} in it'],
    ['region = nowhere', 'region: expected a region like eu-west-1, got "nowhere"'],
    ['zsp_elevatoin = required', 'zsp_elevatoin: zsp has no such key in [dev]'],
    ['zsp_elevation: required', 'expected a header or key = value, got "zsp_elevation: required"'],
    ['s3 =\n  zsp_elevation = required', 's3.zsp_elevation: is indented'],
    [`zsp_role_arn = ${roleArn}\nzsp_session_policy = none`, 'zsp_session_policy: cannot read the policy'],
    [`zsp_role_arn = ${roleArn}\nzsp_session_policy = ../x`, "zsp_session_policy: expected a policy's name"],
    [
      `zsp_role_arn = ${roleArn}\nzsp_session_policy = /dev/zero`,
      'cannot read the policy "/dev/zero" (not a regular file)',
    ],
    [`zsp_role_arn = ${roleArn}\nzsp_session_policy = {"a`, 'zsp_session_policy: policy inline'],
    ['role_arn = x', 'role_arn: SDKs would use it instead of zsp'],
    ['sso_session = corp', 'sso_session: SDKs would use it instead of zsp'],
  ])('%s', (lines, expected) => {
    const error = refused(`${corp}${dev}${lines}\n`);
    expect(error.code).toBe('config_invalid');
    expect(error.message).toContain(expected);
    expect(error.message).toMatch(new RegExp(`^${configFile}:\\d+: `));
    expect(error.remedy).toBeTruthy();
  });

  test('the very line', () => {
    expect(refused(`${corp}\n# a comment\n${dev}zsp_elevation = no\n`).message).toBe(
      `${configFile}:10: zsp_elevation: expected \`required\`, got "no"`,
    );
  });

  test('a static key, without showing it', () => {
    const error = refused(`${corp}${dev}aws_secret_access_key = hunter2\n`);
    expect(error.message).toContain('aws_secret_access_key: SDKs would use it instead of zsp');
    expect(`${error.message}${error.remedy}`).not.toContain('hunter2');
  });

  test('an unknown key, with the nearest known one', () => {
    expect(refused(`${corp}${dev}zsp_elevatoin = required\n`).remedy).toBe('did you mean zsp_elevation?');
  });

  test.each([
    ['one', `[profile dev]\nzsp_source_profile = dev\nzsp_role_arn = ${roleArn}\n`, 'dev → dev'],
    ['two', `[profile dev]\nzsp_source_profile = deploy\nzsp_role_arn = ${roleArn}\n${deploy}`, 'dev → deploy → dev'],
  ])('a circle of %s profiles, printed', (_, profiles, circle) => {
    expect(refused(`${corp}${profiles}`).message).toContain(`zsp_source_profile: goes round in a circle: ${circle}`);
  });

  test('a chain without end', () => {
    const profiles = Array.from(
      { length: 50 },
      (_, n) => `[profile p${n}]\nzsp_source_profile = p${n + 1}\nzsp_role_arn = ${roleArn}\n`,
    );
    expect(refused(`${corp}${profiles.join('')}`, 'p0').message).toContain('more than 8 profiles in a chain');
  });

  test('a source beside a permission set, or without a role', () => {
    expect(refused(`${corp}${dev}${deploy}${sso}`, 'deploy').message).toContain(
      'zsp_sso_session: cannot stand beside zsp_source_profile',
    );
    expect(refused(`${corp}${dev}[profile ops]\nzsp_source_profile = dev\n`, 'ops').message).toContain(
      'zsp_source_profile: needs zsp_role_arn',
    );
    expect(refused(`${corp}[profile dev]\nzsp_sso_session = corp\n`).message).toContain('go together');
  });

  test('a source that is missing, or no zsp profile', () => {
    expect(refused(`${corp}${deploy}`, 'deploy').message).toContain(
      ':5: zsp_source_profile: there is no profile "dev"',
    );
    expect(refused(`${corp}[profile dev]\nregion = x\n${deploy}`, 'deploy').message).toContain('is not a zsp profile');
  });

  test('a profile that is missing, with the nearest names', () => {
    expect(refused(`${corp}${dev}${deploy}`, 'deplyo').remedy).toBe('did you mean deploy?');
    expect(refused(`${corp}[profile dev]\nregion = eu-west-1\n`).message).toContain('is not a zsp profile');
  });

  test('an sso-session that is missing or unfinished', () => {
    expect(refused(`${corp.replace('corp', 'crop')}${dev}`).remedy).toBe('did you mean crop?');
    expect(refused(`[sso-session corp]\nsso_region = eu-west-1\n${dev}`).message).toContain('sso_start_url: expected');
  });

  test.each([
    ['sso_start_url = http://corp.awsapps.com/start', 'sso_start_url: expected an https URL'],
    ['sso_region = eu-west-1.evil.com', 'sso_region: expected a region'],
    ['zsp_keychain = plain', 'zsp_keychain: expected one of auto, secret-service'],
    ['zsp_endpoint_url = http://evil.example', 'zsp_endpoint_url: expected an https URL'],
    ['zsp_elevation = required', 'zsp_elevation: zsp has no such key in [corp]'],
  ])('in an sso-session, %s', (line, expected) => {
    expect(refused(`${corp}${line}\n${dev}`).message).toContain(expected);
  });

  test('a URL, without its password', () => {
    const error = refused(`${corp}zsp_endpoint_url = https://alice:hunter2@aws.example\n${dev}`);
    expect(`${error.message}${error.remedy}`).not.toContain('hunter2');
  });

  test('a file that is missing, or none', () => {
    home.remove('.aws/config');
    const missing = () => resolveProfile('dev', env);
    expect(missing).toThrow(/there is no such config file/);
    expect(listProfiles(env)).toEqual([]);
    expect(() => resolveProfile('dev', { ...env, AWS_CONFIG_FILE: home.path })).toThrow(/not a regular file/);
  });
});

describe('sso-sessions', () => {
  const lab = corp.replace('corp', 'lab');

  test('the only one is the default; of several, one is named', () => {
    home.write('.aws/config', corp);
    expect(resolveSsoSession(undefined, env).name).toBe('corp');
    home.write('.aws/config', `${corp}zsp_keychain = file\nsso_registration_scopes = a:b, c\n${lab}`);
    expect(listSsoSessions(env)).toEqual(['corp', 'lab']);
    expect(resolveSsoSession('corp', env)).toMatchObject({ keychain: 'file', registrationScopes: ['a:b', 'c'] });
    expect(() => resolveSsoSession(undefined, env)).toThrow(expect.objectContaining({ code: 'usage' }));
    expect(() => resolveSsoSession('lba', env)).toThrow(/there is no sso-session "lba"/);
  });
});

test('the profiles listed are those with a zsp_ key, even a broken one', () => {
  home.write('.aws/config', `${corp}[profile a]\nregion = x\n[profile b]\nzsp_oops = 1\n[profile c]\nzsp_x: 1\n${dev}`);
  expect(listProfiles(env)).toEqual(['b', 'c', 'dev']);
});

test('whatever the file holds: a profile, or one printable line (fuzz)', () => {
  const keys = [
    'zsp_sso_session',
    'zsp_source_profile',
    'zsp_role_arn',
    'zsp_session_policy',
    'zsp_duration',
    'region',
  ];
  const line = fc.oneof(
    fc.constantFrom(
      corp,
      dev,
      deploy,
      sso,
      '[profile dev]',
      '[default]',
      `zsp_role_arn = ${roleArn}`,
      'zsp_elevation = required',
    ),
    fc
      .tuple(fc.constantFrom(...keys), fc.string({ unit: 'binary', maxLength: 20 }))
      .map(([key, value]) => `${key} = ${value}`),
    fc.string({ unit: 'binary', maxLength: 30 }),
  );
  fc.assert(
    fc.property(
      fc.array(line, { maxLength: 8 }),
      fc.constantFrom('dev', 'deploy', 'default', '\u202e\n'),
      (lines, name) => {
        const settings = () => readSettings(name, env)?.text;
        try {
          expect(resolve(lines.join('\n'), name).settings).toBe(settings());
        } catch (error) {
          if (!(error instanceof ZspError)) throw error;
          expect(error.code).toBe('config_invalid');
          expect(`${error.message}${error.remedy}`).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
          expect(settings).not.toThrow();
        }
      },
    ),
    fuzz(),
  );
});
