import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { corp } from '../../src/sandbox/corp';
import { answerOf, dev, filesUnder, openStage, type Stage } from '../contract/stage';
import { longLived, refusalOf, sts } from '../sandbox/clients';

const legacyCi = 'arn:aws:iam::111122223333:user/legacy-ci';
const { accessKeyId, secretAccessKey } = longLived;

/** A permission set that may retire keys, as docs/keys.md describes it. */
const keyAdmin = {
  accountId: '111122223333',
  roleName: 'KeyAdmin',
  sessionSeconds: 3600,
  policies: [
    {
      Version: '2012-10-17' as const,
      Statement: [
        { Effect: 'Allow' as const, Action: 'iam:GetAccessKeyLastUsed', Resource: '*' },
        { Effect: 'Allow' as const, Action: ['iam:UpdateAccessKey', 'iam:DeleteAccessKey'], Resource: legacyCi },
      ],
    },
  ],
};
const admin = { ...dev, zsp_sso_role_name: 'KeyAdmin' };

const credentials = `# mine, do not touch
[legacy]
aws_access_key_id = ${accessKeyId}
aws_secret_access_key=${secretAccessKey}
output = json

[other]
# a comment
credential_process = /bin/other
`;
const without = '# mine, do not touch\n[other]\n# a comment\ncredential_process = /bin/other\n';

let stage: Stage;
const open = async () => {
  stage = await openStage({ directory: { ...corp, permissionSets: [...corp.permissionSets, keyAdmin] } });
  stage.configure({ dev, admin });
  stage.home.write('.aws/credentials', credentials);
  await stage.login();
};
const close = () => stage.close();

const file = (name: string) => readFileSync(join(stage.home.path, name), 'utf8');
const migrate = (...args: readonly string[]) => stage.zsp(['keys', 'migrate', ...args]);
const whoami = () => sts(stage.sandbox, longLived).send(new GetCallerIdentityCommand({}));
const retired = '.local/state/zsp/retired-keys.json';

async function ledger(): Promise<readonly string[]> {
  const { stdout } = await stage.zsp(['history', '--json']);
  const events = stdout.split('\n').filter(Boolean);
  return events.map((line) => JSON.parse(line)).flatMap(({ event }) => (event.startsWith('key-') ? [event] : []));
}

/** As if the key had been deactivated so many days ago. */
function backdate(days: number): void {
  const known = JSON.parse(file(retired));
  for (const key of known.keys) key.deactivatedAt = new Date(Date.now() - days * 86_400_000).toISOString();
  stage.home.write(retired, JSON.stringify(known));
}

describe('zsp keys migrate', () => {
  beforeEach(open);
  afterEach(close);

  test('serves the profile, moves its settings, and deactivates the key', async () => {
    await whoami();
    const { status, stdout, stderr } = await migrate('legacy', '--to', 'admin', '--yes');
    expect({ status, stderr }).toMatchObject({ status: 0 });
    expect(stderr).toMatch(
      /^legacy has the key AKIAIOSFODNN7EXAMPLE of the IAM user legacy-ci. Last used [\d:]+, for sts in /,
    );
    expect(stderr).toContain('  + zsp_sso_role_name = KeyAdmin\n  + output = json\n');
    expect(stdout).toBe(
      '✓ zsp serves legacy, and its key is out of the files\n✓ AKIAIOSFODNN7EXAMPLE is deactivated\n',
    );
    expect(file('.aws/credentials')).toBe(without);
    expect(answerOf(await stage.credentials('legacy')).AccountId).toBe('111122223333');
    expect(await refusalOf(whoami())).toMatchObject({ name: 'InvalidClientTokenId' });
    expect(await ledger()).toEqual(['key-replaced', 'key-deactivated']);
  });

  test('leaves no copy of the secret but in the keychain', async () => {
    const { stdout, stderr } = await migrate('legacy', '--to', 'admin', '--yes');
    expect(stdout + stderr).not.toContain(secretAccessKey.slice(0, 10));
    expect(filesUnder(stage.home.path).filter(([, text]) => text.includes(secretAccessKey.slice(0, 10)))).toEqual([]);
    expect(statSync(join(stage.home.path, retired)).mode & 0o777).toBe(0o600);
  });

  test('waits out the observation days, then deletes', async () => {
    await migrate('legacy', '--to', 'admin', '--yes');
    backdate(13);
    const early = await migrate('--yes');
    expect(early.stdout).toMatch(
      /^AKIAIOSFODNN7EXAMPLE of legacy is deactivated since .*; zsp keys migrate deletes it from .* on\.\n$/,
    );
    expect((await migrate('--yes', '--days', '20')).stdout).toContain('deletes it from');
    expect((await migrate('--yes', '--days', '13')).stdout).toBe('✓ AKIAIOSFODNN7EXAMPLE of legacy is deleted\n');
    expect(stage.sandbox.requests.filter(({ operation }) => operation === 'DeleteAccessKey')).toHaveLength(1);
    expect(JSON.parse(file(retired)).keys).toEqual([]);
    expect(await ledger()).toEqual(['key-replaced', 'key-deactivated', 'key-deleted']);
    expect((await migrate('--yes')).stdout).toBe('No profile has a long-lived key.\n');
  });

  test('rolls back to a key that works where it was looked for', async () => {
    const before = file('.aws/config');
    await migrate('legacy', '--to', 'admin', '--yes');
    const { status, stdout } = await migrate('legacy', '--rollback', '--yes');
    expect({ status, stdout }).toMatchObject({ status: 0 });
    expect(stdout).toContain('is active again, and back in the credentials file');
    expect(await whoami()).toMatchObject({ Arn: legacyCi });
    expect(file('.aws/credentials')).toBe(
      `${without}\n[legacy]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`,
    );
    expect(file('.aws/config')).toBe(`${before}\n[profile legacy]\noutput = json\n`);
    expect(await ledger()).toEqual(['key-replaced', 'key-deactivated', 'key-reactivated']);
    expect((await migrate('--rollback', '--yes')).stdout).toBe('No key is being retired.\n');
  });

  test('takes a key out of the config file too, where no copy of it is kept', async () => {
    stage.home.write('.aws/credentials', '');
    const config = `[profile legacy]\nregion = eu-west-1\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`;
    stage.home.write('.aws/config', config + file('.aws/config'));
    expect(await migrate('legacy', '--to', 'admin', '--yes')).toMatchObject({ status: 0 });
    expect(filesUnder(stage.home.path).filter(([, text]) => text.includes(secretAccessKey))).toEqual([]);
  });

  test('replaces the keys of a profile that zsp could serve, as doctor says', async () => {
    stage.home.write('.aws/credentials', credentials.replace('[legacy]', '[admin]'));
    expect((await stage.zsp(['doctor'])).stdout).toContain('replace them: zsp keys migrate admin;');
    const config = file('.aws/config');
    expect(await migrate('admin', '--yes')).toMatchObject({ status: 0 });
    expect(file('.aws/config')).toBe(
      config.replace('zsp_sso_role_name = KeyAdmin\n', 'zsp_sso_role_name = KeyAdmin\noutput = json\n'),
    );
    expect((await stage.zsp(['doctor'])).stdout).toContain('✓ no static key stands in for a profile of zsp\n');
  });
});

describe('what it needs and what it refuses', () => {
  beforeAll(open);
  afterAll(close);

  test.each([
    ['several profiles fit', ['legacy', '--yes'], 2, 'several profiles can replace the key of legacy: dev, admin'],
    ['an unknown profile', ['nobody', '--yes'], 2, 'profile "nobody" has no long-lived key'],
    ['a profile to take over that is none', ['legacy', '--to', 'nobody', '--yes'], 3, 'there is no profile "nobody"'],
    ['no terminal and no --yes', ['legacy', '--to', 'admin'], 2, 'there is no terminal to ask on'],
    ['days that are none', ['--days', 'soon'], 2, '--days is not a number from 1 to 999'],
  ])('%s: nothing is done', async (_what, args, status, message) => {
    const run = await migrate(...args);
    expect(run).toMatchObject({ status, stdout: '' });
    expect(run.stderr).toContain(message);
    expect(file('.aws/credentials')).toBe(credentials);
    expect(await whoami()).toHaveProperty('Arn');
  });

  test('a profile that may not speak of the key changes nothing, until another is named', async () => {
    const config = file('.aws/config');
    const { status, stderr } = await migrate('legacy', '--to', 'dev', '--yes');
    expect(status).toBe(5);
    expect(stderr).toContain('may not iam:GetAccessKeyLastUsed on that key\nzsp: hint: name a profile');
    expect([file('.aws/config'), file('.aws/credentials')]).toEqual([config, credentials]);
    expect(await migrate('legacy', '--to', 'dev', '--iam-profile', 'admin', '--yes')).toMatchObject({ status: 0 });
  });

  test('a list of retired keys that cannot be read stops it', async () => {
    stage.home.write(retired, '{"v":1,"keys":[{"accessKeyId":"AKIA"}]}');
    expect(await migrate('--yes')).toMatchObject({ status: 9, stdout: '' });
  });
});

describe('interrupted', () => {
  beforeEach(open);
  afterEach(close);

  test.each([
    ['before the key is deactivated', 'UpdateAccessKey', 'redirect', ['legacy', '--to', 'admin', '--yes']],
    ['at its deletion', 'DeleteAccessKey', 'redirect', ['--yes', '--days', '1']],
    ['when the answer to its deletion is lost', 'DeleteAccessKey', 'drop', ['--yes', '--days', '1']],
  ] as const)('%s, the next run goes on', async (_when, operation, action, args) => {
    if (operation === 'DeleteAccessKey') {
      await migrate('legacy', '--to', 'admin', '--yes');
      backdate(2);
    }
    stage.sandbox.faults.push({ match: { operation, times: 1 }, action });
    const { status } = await migrate(...args);
    // A lost answer is asked for again at once; a captive portal is not.
    expect(status).toBe(action === 'drop' ? 0 : 7);
    const again = await migrate('--yes', '--days', '1');
    expect(again.status).toBe(0);
    const wanted = ['key-replaced', 'key-deactivated'];
    expect(await ledger()).toEqual(operation === 'UpdateAccessKey' ? wanted : [...wanted, 'key-deleted']);
    expect(await refusalOf(whoami())).toMatchObject({ name: 'InvalidClientTokenId' });
    expect(file('.aws/credentials')).toBe(without);
  });
});
