import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { needs } from '../support/needs';
import { openScene, profile, roleArn, type Scene } from './scene';

const { skip, why } = needs('faketime', 'aws', 'posix');

let scene: Scene;
beforeAll(async () => {
  if (skip) return;
  const reasoned = { zsp_source_profile: 'dev', zsp_elevation: 'required', zsp_reason: 'required' };
  scene = await openScene({
    profiles: [
      profile('reasoned', { ...reasoned, zsp_role_arn: roleArn('deploy') }),
      profile('locked-set', {
        zsp_sso_session: 'corp',
        zsp_sso_account_id: '111122223333',
        zsp_sso_role_name: 'Developer',
        zsp_elevation: 'required',
      }),
      profile('behind', { zsp_source_profile: 'locked-set', zsp_role_arn: roleArn('admin') }),
    ],
  });
});
afterAll(async () => scene?.close());

const listing = (name: string) =>
  scene.run('aws', ['--profile', name, '--endpoint-url', scene.sandbox.url, 's3', 'ls', 's3://artifacts/']);

describe.skipIf(skip)(`a window on a profile${why}`, () => {
  test('opens it for aws in every shell, and drop closes it', async () => {
    expect(await scene.zsp('credential-process', '--profile', 'admin')).toMatchObject({
      status: 8,
      stdout: '',
      stderr: expect.stringContaining('hint: run: zsp assume admin --duration 1h\n'),
    });
    const opened = await scene.zsp('assume', 'admin', '--duration', '1h', '--reason', 'release 4.2');
    expect(opened).toMatchObject({ status: 0, stdout: '' });
    expect(opened.stderr).toMatch(/admin is elevated until \d\d:\d\d \(in 1h\): role admin in 444455556666, unscoped/);
    expect(await listing('admin')).toMatchObject({ status: 0, stdout: expect.stringContaining('manifest.json') });

    const { stdout: status } = await scene.zsp('status');
    expect(status).toMatch(
      /admin +admin in 444455556666 +unscoped\n +(1h|59m) left, until .*\n +▲ elevated in every shell: release 4\.2/,
    );

    const dropped = await scene.zsp('drop', 'admin');
    expect(dropped).toMatchObject({ status: 0, stdout: 'Dropped: admin is no longer elevated.\n' });
    expect(dropped.stderr).toMatch(/^What was handed out for admin lives on at AWS until \d\d:\d\d/);
    expect((await listing('admin')).stderr).toContain('zsp assume admin --duration 1h');
    expect((await scene.zsp('credential-process', '--profile', 'admin')).status).toBe(8);
    expect((await scene.zsp('drop', 'admin')).stdout).toBe('No elevation is open.\n');
  });

  test('ends by itself, and its last credentials end with it', async () => {
    await scene.zsp('assume', 'admin', '--duration', '1h');
    const given = await scene.serve('admin');
    scene.pass(3590);
    expect(await scene.list('artifacts', given)).toBe('200');
    scene.pass(12);
    expect((await scene.zsp('credential-process', '--profile', 'admin')).status).toBe(8);
    expect(await scene.list('artifacts', given)).not.toBe('200');
    expect((await scene.zsp('status')).stdout).not.toContain('admin');
  });

  test('of four hours renews itself past each hour, with no user action, until the fourth', async () => {
    const started = Date.now() + scene.clock.here * 1000;
    const opened = await scene.zsp('assume', 'admin', '--duration', '4h');
    expect(opened.stderr).toMatch(/\(in 4h\)/);
    expect(opened.stderr).toContain("sessions of 1h, AWS's most here, renew themselves");
    const keys = new Set<string>();
    for (const minutes of [0, 58, 58, 58, 58]) {
      scene.pass(minutes * 60);
      const given = await scene.serve('admin');
      keys.add(given.AccessKeyId);
      expect(await scene.list('artifacts', given)).toBe('200');
    }
    expect(keys.size).toBe(5);
    const last = await scene.serve('admin');
    const end = started + 4 * 3600_000;
    expect(Math.abs(Date.parse(last.Expiration) - end)).toBeLessThan(10_000);
    scene.pass(8 * 60 + 15);
    expect(await scene.list('artifacts', last)).not.toBe('200');
    expect((await scene.zsp('credential-process', '--profile', 'admin')).status).toBe(8);
  });

  test('of a bare permission set cannot shorten its credentials, and says so', async () => {
    expect((await scene.zsp('credential-process', '--profile', 'locked-set')).status).toBe(8);
    const opened = await scene.zsp('assume', 'locked-set', '--duration', '15m');
    expect(opened.stderr).toContain('permission set in 111122223333, unscoped');
    expect(opened.stderr).toMatch(/lives on at AWS until \d\d:\d\d \(in /);
    const given = await scene.serve('locked-set');
    scene.pass(15 * 60 + 1);
    expect((await scene.zsp('credential-process', '--profile', 'locked-set')).status).toBe(8);
    expect(await scene.list('scratch', given)).toBe('200');
  });

  test('may be demanded by the source of a profile', async () => {
    const refused = await scene.zsp('credential-process', '--profile', 'behind');
    expect(refused.status).toBe(8);
    expect(refused.stderr).toContain('its source locked-set asks for it');
    expect((await scene.zsp('assume', 'behind', '--duration', '15m')).status).toBe(0);
    await scene.serve('behind');
    // The window is on that profile alone.
    expect((await scene.zsp('credential-process', '--profile', 'locked-set')).status).toBe(8);
    await scene.zsp('drop', 'behind');
  });

  test('may want a reason, which status and history show', async () => {
    const refused = await scene.zsp('assume', 'reasoned');
    expect(refused).toMatchObject({ status: 2, stderr: expect.stringContaining('add: --reason') });
    const hint = await scene.zsp('credential-process', '--profile', 'reasoned');
    expect(hint.stderr).toContain('zsp assume reasoned --duration 1h --reason "why"');
    expect((await scene.zsp('assume', 'reasoned', '--reason', 'ticket AB-1')).status).toBe(0);
    const { sessions } = JSON.parse((await scene.zsp('status', '--json')).stdout).signIns[0];
    expect(sessions.map((one: { window?: { reason?: string } }) => one.window?.reason)).toContain('ticket AB-1');
    expect((await scene.ledger()).filter((one) => one.reason === 'ticket AB-1').map((one) => one.event)).toEqual([
      'window-opened',
      'issue',
    ]);
  });

  test('is dropped with all others', async () => {
    await scene.zsp('assume', 'admin', '--duration', '15m');
    const { stdout } = await scene.zsp('drop', '--all');
    expect(stdout.split('\n').toSorted()).toEqual([
      '',
      'Dropped: admin is no longer elevated.',
      'Dropped: reasoned is no longer elevated.',
    ]);
    expect((await scene.zsp('credential-process', '--profile', 'reasoned')).status).toBe(8);
  });

  test('ends with the sign-in, and logout says what lives on', async () => {
    await scene.zsp('assume', 'admin', '--duration', '15m');
    const out = await scene.zsp('logout');
    expect(out.stderr).toMatch(/\badmin (?:lives on at AWS)? *until \d\d:\d\d/);
    expect((await scene.zsp('credential-process', '--profile', 'admin')).status).not.toBe(0);
    expect((await scene.zsp('login', '--no-browser')).status).toBe(0);
    expect((await scene.zsp('credential-process', '--profile', 'admin')).status).toBe(8);
  });
});

describe.skipIf(skip)(`an elevated role${why}`, () => {
  const identity = `aws --endpoint-url "$AWS_ENDPOINT_URL" sts get-caller-identity --query Arn --output text`;

  test('is there for one command, and for no other shell', async () => {
    const outside = await scene.serve('dev');
    const script = `${identity}; env | grep -c SECRET; env | grep '^ZSP_WINDOW='`;
    const ran = await scene.zsp('assume', `role:admin`, '-p', 'deploy', '--duration', '90s', '--', 'sh', '-c', script);
    expect(ran.stderr).toContain('may not sts:AssumeRole');
    const arn = roleArn('audited');
    const done = await scene.zsp('assume', arn, '-p', 'dev', '--duration', '15m', '--', 'sh', '-c', script);
    const [who, secrets, window = ''] = done.stdout.trim().split('\n');
    expect(who).toBe('arn:aws:sts::444455556666:assumed-role/audited/alice@corp.example');
    expect(secrets).toBe('0');
    expect((await scene.serve('dev')).AccessKeyId).toBe(outside.AccessKeyId);
    // The command is over, and with it what its environment names.
    const after = await scene.zspWith({ ZSP_WINDOW: window.slice(11) }, 'credential-process', '--profile', 'dev');
    expect(after.status).toBe(8);
  });

  test('everywhere is the profile itself in every shell, and afterwards the profile is what it was', async () => {
    const opened = await scene.zsp('assume', roleArn('audited'), '-p', 'dev', '--duration', '15m', '--everywhere');
    expect(opened.stderr).toContain('dev is audited EVERYWHERE');
    expect((await scene.zsp('whoami', 'dev')).stdout).toContain('assumed-role/audited/');
    expect((await scene.zsp('status')).stdout).toMatch(/dev +audited \(elevated role\)/);
    scene.pass(15 * 60 + 1);
    expect((await scene.zsp('whoami', 'dev')).stdout).toContain('AWSReservedSSO_Developer');
  });

  test('everywhere starts from the profile’s own role, also when nothing of it is held yet', async () => {
    // What the deploy role may do is nothing; that AWS was asked as that role, and at once, is what counts.
    const opened = await scene.zsp('assume', roleArn('audited'), '-p', 'deploy', '--everywhere');
    expect(opened).toMatchObject({ status: 5, stderr: expect.stringContaining('assumed-role/deploy/') });
  });
});
