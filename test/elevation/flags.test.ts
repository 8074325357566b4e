import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { needs } from '../support/needs';
import { openScene, profile, roleArn, type Scene } from './scene';

let scene: Scene;
beforeAll(async () => {
  scene = await openScene({
    profiles: [
      profile('denied', { zsp_source_profile: 'dev', zsp_role_arn: roleArn('denied') }),
      profile('quarter', { zsp_source_profile: 'dev', zsp_role_arn: roleArn('admin'), zsp_duration: '15m' }),
    ],
  });
});
afterAll(async () => scene?.close());

const principal = 'arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Developer_0123456789abcdef/alice@corp.example';
const role = (name: string, ...more: readonly string[]) => ['assume', roleArn(name), '-p', 'dev', ...more];
const json = ['--format', 'json'];
/** A command that is wherever the tests are. */
const nothing = [process.execPath, '-e', ''];

describe.concurrent('what is not understood is refused before anything is asked', () => {
  test.each(['0', '13h', 'soon', '-1h', '59s'])('--duration %j', async (text) => {
    const before = scene.sandbox.requests.length;
    const refused = await scene.zsp('assume', 'admin', `--duration=${text}`);
    expect(refused).toMatchObject({ status: 2, stdout: '' });
    expect(refused.stderr).toMatch(
      /^zsp: --duration is not a duration from 1m to 12h: ".*"\nzsp: hint: write it like /,
    );
    expect(scene.sandbox.requests).toHaveLength(before);
  });

  const cases: readonly (readonly [string, readonly string[], RegExp])[] = [
    ['no target', ['assume'], /no profile is named/],
    ['two ways at once', role('audited', ...json, '--everywhere'), /--everywhere and --format exclude each other/],
    [
      'a command and a format',
      role('audited', ...json, '--', ...nothing),
      /--format and -- command exclude each other/,
    ],
    ['no command after --', role('audited', '--'), /there is no command after --/],
    ['a role, no way and no terminal', role('audited'), /without a terminal, say what to do with the role/],
    ['an unknown format', role('audited', '--format', 'yaml'), /Allowed choices are env, env-no-export, fish/],
    [
      'a role of another partition',
      ['assume', 'arn:aws-cn:iam::444455556666:role/a', '-p', 'dev', ...json],
      /partition aws/,
    ],
    ['no role’s ARN', ['assume', 'arn:aws:s3:::artifacts', '-p', 'dev', ...json], /the role: expected a role ARN/],
    ['neither a profile nor a role', ['assume', 'two words', '-p', 'dev', ...json], /is neither a profile nor a role/],
    ['no base', ['assume', 'depoly', ...json], /there is no profile depoly, and no profile default/],
    ['a region for no program', role('audited', ...json, '--region', 'eu-west-1'), /--region is for a command/],
    ['a region that is none', role('audited', '--region', 'x y', '--', ...nothing), /--region is not a region: "x y"/],
    ['a tag that is none', role('audited', ...json, '--tag', 'team'), /--tag: expected tags like team=payments/],
    ['a tag twice', role('audited', ...json, '--tag', 'a=1', '--tag', 'A=2'), /--tag: expected each tag once/],
    ['a policy ARN that is none', role('audited', ...json, '--policy-arn', 'x'), /--policy-arn: expected policy ARNs/],
    ['a source identity too short', role('audited', ...json, '--source-identity', 'a'), /--source-identity: expected/],
    [
      'a scope for a permission set',
      ['assume', 'dev', '--policy', '{}'],
      /bare permission set, which cannot be scoped/,
    ],
    ['drop of one and of all', ['drop', 'admin', '--all'], /name a profile or say --all, not both/],
    ['exec of nothing', ['exec', 'dev'], /there is no command after --/],
  ];

  test.each(cases)('%s', async (_, args, words) => {
    const before = scene.sandbox.requests.length;
    const { status, stdout, stderr } = await scene.zsp(...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(words);
    expect(stderr).toMatch(/\nzsp: hint: .+\n$/);
    expect(scene.sandbox.requests).toHaveLength(before);
  });
});

describe('a name', () => {
  test('of no profile is a role’s, and the likely profile is named', async () => {
    const { stderr } = await scene.zsp('assume', 'depoly', '-p', 'dev', ...json);
    expect(stderr).toContain('depoly is no profile, so it is a role; did you mean deploy?\n');
    expect(stderr).toContain('on arn:aws:iam::111122223333:role/depoly\n');
  });

  test('of a profile is the profile’s, with a remark; role: forces the role', async () => {
    const { stderr } = await scene.zsp('assume', 'deploy', '-p', 'dev');
    expect(stderr).toContain('deploy is a profile; for a role of that name say role:deploy\n✓ deploy is elevated');
    expect((await scene.zsp('assume', 'role:audited', '-p', 'deploy', ...json)).stderr).toContain(
      `/deploy/alice@corp.example may not sts:AssumeRole on ${roleArn('audited')}\n`,
    );
    await scene.zsp('drop', 'deploy');
  });
});

describe('what AWS denies names the principal, the permission and the role', () => {
  const cases: readonly (readonly [string, readonly string[], string, RegExp])[] = [
    ['a role', ['assume', 'denied'], 'sts:AssumeRole on arn:aws:iam::444455556666:role/denied', /trust policy/],
    [
      'a source identity',
      role('admin', ...json, '--source-identity', 'alice'),
      'sts:SetSourceIdentity on arn:aws:iam::444455556666:role/admin',
      /allow sts:SetSourceIdentity in both the caller's permissions and the role's trust policy/,
    ],
    [
      'tags',
      role('admin', ...json, '--tag', 'team=payments'),
      'sts:TagSession on arn:aws:iam::444455556666:role/admin',
      /allow sts:TagSession in both the caller's permissions and the role's trust policy/,
    ],
  ];

  test.each(cases)('%s', async (_, args, words, remedy) => {
    const { status, stdout, stderr } = await scene.zsp(...args);
    expect({ status, stdout }).toEqual({ status: 5, stdout: '' });
    expect(stderr).toContain(`zsp: ${principal} may not ${words}\n`);
    expect(stderr).toMatch(remedy);
    expect((await scene.ledger()).at(-1)).toMatchObject({ event: 'refused', reason: expect.stringContaining(words) });
  });
});

describe('every flag reaches STS exactly', () => {
  const policy = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}';
  const managed = ['arn:aws:iam::aws:policy/ReadOnlyAccess', 'arn:aws:iam::444455556666:policy/artifacts-read'];

  test('--tag, --source-identity, --policy, --policy-arn', async () => {
    const tags = ['--tag', 'team=payments', '--tag', 'ticket=AB-1=x'];
    const arns = managed.flatMap((arn) => ['--policy-arn', arn]);
    const flags = [...tags, ...arns, '--source-identity', 'alice', '--policy', policy, '--duration', '12h'];
    expect((await scene.zsp(...role('audited', ...flags, '--', ...nothing))).status).toBe(0);
    expect(scene.assumed().at(-1)).toEqual({
      RoleArn: roleArn('audited'),
      RoleSessionName: 'alice@corp.example',
      DurationSeconds: '3600',
      Policy: policy,
      'PolicyArns.member.1.arn': managed[0],
      'PolicyArns.member.2.arn': managed[1],
      'Tags.member.1.Key': 'team',
      'Tags.member.1.Value': 'payments',
      'Tags.member.2.Key': 'ticket',
      'Tags.member.2.Value': 'AB-1=x',
      SourceIdentity: 'alice',
    });
  });

  test('--external-id, and nothing that was not said', async () => {
    expect((await scene.zsp(...role('vendor', ...json))).status).toBe(5);
    const given = await scene.zsp(
      ...role('vendor', '--external-id', 'corp-vendor-42', '--duration', '12h', '--', ...nothing),
    );
    expect(given.status).toBe(0);
    expect(scene.assumed().at(-1)).toEqual({
      RoleArn: roleArn('vendor'),
      RoleSessionName: 'alice@corp.example',
      DurationSeconds: '3600',
      ExternalId: 'corp-vendor-42',
    });
  });

  test('--policy reads a file, or a policy by its name', async () => {
    const file = scene.home.write('mine.json', policy);
    scene.home.write('.config/zsp/policies/named.json', policy);
    for (const value of [file, './mine.json', 'named']) {
      await scene.zsp(...role('audited', '--policy', value, '--duration', '12h', '--', ...nothing));
      expect(scene.assumed().at(-1)?.Policy).toBe(policy);
    }
  });

  test('--region is the command’s, and the profile’s where it is not said', async () => {
    const script = 'echo $AWS_REGION $AWS_DEFAULT_REGION';
    for (const [flags, expected] of [
      [[], 'eu-west-1'],
      [['--region', 'us-east-2'], 'us-east-2'],
    ] as const) {
      for (const args of [role('audited', ...flags), ['exec', 'dev', ...flags]]) {
        const { stdout } = await scene.zsp(...args, '--', 'sh', '-c', script);
        expect(stdout).toBe(`${expected} ${expected}\n`);
      }
    }
  });
});

describe('printed credentials', () => {
  const bash = needs('bash', 'aws');
  const fish = needs('fish', 'aws');
  const ask =
    'aws --endpoint-url "$AWS_ENDPOINT_URL" --region eu-west-1 sts get-caller-identity --query Arn --output text';
  const shells = [
    ['env', 'bash', bash],
    ['env-no-export', 'bash', bash],
    ['fish', 'fish', fish],
  ] as const;

  for (const [format, shell, { skip, why }] of shells) {
    test.skipIf(skip)(`${format} is evaluated by ${shell}${why}`, async () => {
      const { stdout } = await scene.zsp(...role('audited', '--format', format));
      const script =
        shell === 'fish' ? `${stdout}\n${ask}` : `set -a\n${format === 'env' ? 'set +a\n' : ''}${stdout}\n${ask}`;
      const ran = await scene.run(shell, ['-c', script]);
      expect(ran.stdout.trim()).toBe('arn:aws:sts::444455556666:assumed-role/audited/alice@corp.example');
    });
  }

  test('powershell, json and process are what their readers expect', async () => {
    const powershell = await scene.zsp(...role('audited', '--format', 'powershell'));
    expect(powershell.stdout).toMatch(/^(\$Env:AWS_\w+ = '[^']+'\n){4}$/);
    const asJson = JSON.parse((await scene.zsp(...role('audited', ...json))).stdout);
    const asProcess = await scene.zsp(...role('audited', '--format', 'process'));
    expect(Object.keys(JSON.parse(asProcess.stdout))).toEqual(['Version', ...Object.keys(asJson)]);
    expect(asProcess.stdout.trim().split('\n')).toHaveLength(1);
  });

  test('end with one session, and the words say so', async () => {
    const { stdout, stderr } = await scene.zsp(...role('audited', ...json, '--duration', '4h'));
    expect(stderr).toMatch(/✓ audited from dev until \d\d:\d\d \(in 1h\): role audited in 444455556666, unscoped/);
    expect(stderr).toContain("asked for 4h: given 1h, AWS's most here, as what is printed cannot renew itself\n");
    const left = Date.parse(JSON.parse(stdout).Expiration) - Date.now();
    expect(left).toBeLessThan(3_601_000);
    const short = await scene.zsp('assume', 'quarter', '--duration', '4h');
    expect(short.stderr).toContain('asked for 4h: sessions of 15m renew themselves until then\n');
  });
});

describe('a command', () => {
  const variables = {
    AWS_PROFILE: 'admin',
    AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
    AWS_ROLE_ARN: 'x',
    KEPT: 'kept',
  };

  test('of exec has credentials and nothing that could override them', async () => {
    const { stdout } = await scene.zspWith(variables, 'exec', 'dev', '--', 'env');
    const names = stdout.split('\n').map((line) => line.split('=')[0]);
    expect(
      names.filter((name) => /^(AWS_(?!ENDPOINT|EC2|CONFIG|SHARED|PAGER)|ZSP_|KEPT)/.test(name ?? '')).toSorted(),
    ).toEqual([
      'AWS_ACCESS_KEY_ID',
      'AWS_CREDENTIAL_EXPIRATION',
      'AWS_DEFAULT_REGION',
      'AWS_REGION',
      'AWS_SECRET_ACCESS_KEY',
      'AWS_SESSION_TOKEN',
      'KEPT',
    ]);
    expect(stdout).not.toContain('AKIAIOSFODNN7EXAMPLE');
  });

  test.each([
    ['exec', ['exec', 'dev']],
    ['assume', role('audited')],
  ] as const)('of %s gives its own status, and a signal’s as a shell says it', async (_, args) => {
    const status = async (...words: readonly string[]) => (await scene.zsp(...args, '--', ...words)).status;
    expect(await status('sh', '-c', 'exit 3')).toBe(3);
    expect(await status('sh', '-c', 'kill -TERM $$')).toBe(143);
    expect(await status('no-such-program')).toBe(127);
  });

  test('of assume ends its window, however it ends', async () => {
    await scene.zsp('drop', '--all');
    await scene.zsp(...role('audited'), '--', 'sh', '-c', 'kill -KILL $$');
    expect((await scene.zsp('status')).stdout).not.toContain('audited');
  });
});
