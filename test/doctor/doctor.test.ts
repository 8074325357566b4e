import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { openStage, type Stage } from '../contract/stage';
import { needs } from '../support/needs';
import { privateKeyring } from '../support/private-keyring';

let stage: Stage;
afterEach(() => stage.close());

const messages = (stdout: string) => stdout.split('\n').filter((line) => line.startsWith('✗'));

describe('zsp doctor', () => {
  test('finds nothing on a machine that is set up right, and says what it looked at', async () => {
    stage = await openStage();
    await stage.login();
    const { status, stdout, stderr } = await stage.zsp(['doctor']);
    expect(messages(stdout)).toEqual([]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout.split('\n').filter((line) => line.startsWith('✓'))).toHaveLength(11);
    expect(stdout).toMatch(/\nzsp \d+\.\d+\.\d+, Node \d+\.\d+\.\d+, (?:no AWS CLI|AWS CLI \d+\.\d+\.\d+)\n$/);
    expect(readFileSync(join(stage.home.path, '.local/state/zsp/keychain'), 'utf8')).toBe('file\n');
  });

  test('asks nothing secret and keeps nothing before the first sign-in', async () => {
    stage = await openStage();
    const { status, stdout } = await stage.zsp(['doctor']);
    expect({ status, findings: messages(stdout) }).toEqual({ status: 0, findings: [] });
    expect(existsSync(join(stage.home.path, 'run/zsp/sealed'))).toBe(false);
    expect(stage.sandbox.requests.some(({ operation }) => /Register|Start/.test(operation))).toBe(false);
  });

  test('does not call right what it did not look at', async () => {
    stage = await openStage();
    stage.home.remove('.aws');
    stage.home.write('.aws/config', '[profile theirs]\nregion = eu-west-1\n');
    const { status, stdout } = await stage.zsp(['doctor']);
    expect({ status, findings: messages(stdout) }).toEqual({ status: 0, findings: [] });
    const { checks } = JSON.parse((await stage.zsp(['doctor', '--json'])).stdout);
    const idle = checks.filter(({ notChecked }: { notChecked?: string }) => notChecked !== undefined);
    expect(idle).toHaveLength(6);
    for (const { name, notChecked } of idle) {
      expect(stdout).toContain(`- not checked: ${name} (${notChecked})\n`);
      expect(stdout).not.toContain(`✓ ${name}`);
    }
  });

  test('exits 10 with each finding and its remedy, as text and as JSON', async () => {
    stage = await openStage();
    stage.home.write('.aws/sso/cache/token.json', '{}');
    const env = { AWS_PROFILE: 'dve', AWS_ACCESS_KEY_ID: 'AKIA' };
    const { status, stdout, stderr } = await stage.zsp(['doctor'], env);
    expect(status).toBe(10);
    expect(messages(stdout)).toEqual([
      expect.stringContaining('AWS_ACCESS_KEY_ID is set'),
      expect.stringContaining('names dve, which is no profile of'),
      expect.stringContaining('holds sign-in tokens in plain text'),
    ]);
    expect(stdout).toContain('\n  run: export AWS_PROFILE=dev\n');
    expect(stderr).toBe('zsp: 3 things will bite\nzsp: hint: do what is said beside each, then run zsp doctor again\n');

    const { checks, versions } = JSON.parse((await stage.zsp(['doctor', '--json'], env)).stdout);
    expect(versions).toMatchObject({ node: expect.any(String) });
    const caches = checks.find(({ name }: { name: string }) => name.includes('plain text'));
    expect(caches.findings).toEqual([
      { message: expect.stringContaining('sign-in tokens'), remedy: expect.any(String), fixable: true },
    ]);
  });

  test('mends what it can with --fix --yes, and asks before that', async () => {
    stage = await openStage();
    const token = stage.home.write('.aws/sso/cache/token.json', '{}');
    expect(await stage.zsp(['doctor', '--fix'])).toMatchObject({ status: 2 });
    expect(existsSync(token)).toBe(true);
    const { status, stdout } = await stage.zsp(['doctor', '--fix', '--yes']);
    expect({ status, findings: messages(stdout) }).toEqual({ status: 0, findings: [] });
    expect(existsSync(token)).toBe(false);
  });

  test("tells a clock that is off AWS's", async () => {
    stage = await openStage({ clock: () => Date.now() + 3_600_000 });
    const { status, stdout } = await stage.zsp(['doctor']);
    expect(status).toBe(10);
    expect(messages(stdout)).toEqual([expect.stringMatching(/^✗ this machine's clock is (?:59m 59s|1h) behind AWS's/)]);
  });

  test.each([
    ['html', 'answered with a web page: a captive portal'],
    ['redirect', 'answered with a redirect'],
  ] as const)('tells what stands between (%s), and is content once it is gone', async (action, words) => {
    stage = await openStage();
    stage.sandbox.faults.push({ match: {}, action });
    const { stdout } = await stage.zsp(['doctor']);
    expect(messages(stdout)).toEqual([expect.stringContaining(words)]);
    expect(stdout).toContain('\n  open a web page in a browser');
    stage.sandbox.faults.length = 0;
    expect(await stage.zsp(['doctor'])).toMatchObject({ status: 0 });
  });

  test('tells an endpoint that nobody listens at', async () => {
    stage = await openStage();
    const { stdout } = await stage.zsp(['doctor'], { AWS_ENDPOINT_URL: 'http://127.0.0.1:9' });
    expect(messages(stdout)).toEqual(['✗ 127.0.0.1:9 cannot be reached: connection refused']);
    expect(stdout).toContain("- not checked: the clock agrees with AWS's (AWS did not answer)\n");
  });

  test('tells a proxy that does not answer, without its password', async () => {
    stage = await openStage();
    stage.configure({}, { sso_region: 'eu-west-1' });
    const env = { AWS_ENDPOINT_URL: '', HTTPS_PROXY: 'http://me:hush@127.0.0.1:9' };
    const { stdout } = await stage.zsp(['doctor'], env);
    expect(messages(stdout)[0]).toMatch(
      /^✗ \S+ cannot be reached through the proxy 127\.0\.0\.1:9: connection refused$/,
    );
    expect(stdout).not.toContain('hush');
  });
});

describe('another keychain', () => {
  const keyring = needs('linux', 'dbus', 'gnome-keyring');

  test.skipIf(keyring.skip)(
    `is what a locked one is left for, with everything in it where it opens${keyring.why}`,
    async () => {
      stage = await openStage();
      stage.configure({}, { zsp_keychain: 'auto' });
      const ring = await privateKeyring();
      const bus = { DBUS_SESSION_BUS_ADDRESS: ring.env.DBUS_SESSION_BUS_ADDRESS ?? '' };
      const record = () => readFileSync(join(stage.home.path, '.local/state/zsp/keychain'), 'utf8');
      try {
        expect(await stage.zsp(['login', 'corp', '--no-browser'], bus)).toMatchObject({ status: 0 });
        expect(record()).toBe('secret-service\n');
        expect(await stage.zsp(['doctor'], bus)).toMatchObject({ status: 0 });

        const moved = await stage.zsp(['login', 'corp', '--keychain', 'file', '--no-browser'], bus);
        expect(moved.stderr).toMatch(/^Secrets are kept in file from now on; \d+ items moved there\.\n/);
        expect(moved.stdout).toContain('Already signed in to corp');
        expect(record()).toBe('file\n');
        expect(await stage.zsp(['history', 'verify'])).toMatchObject({ status: 0 });

        // Back again, so that there is something to lose.
        expect(await stage.zsp(['login', 'corp', '--keychain', 'secret-service', '--no-browser'], bus)).toMatchObject({
          status: 0,
        });
        ring.lock();
        const { status, stdout } = await stage.zsp(['doctor'], bus);
        expect(status).toBe(10);
        expect(messages(stdout)).toEqual([expect.stringContaining('locked')]);
        const remedy = /move to another keychain: zsp (.*)/.exec(stdout)?.[1]?.split(' ') ?? [];
        const left = await stage.zsp([...remedy, '--no-browser'], bus);
        expect(left.stderr).toContain('What the old keychain holds stays there: ');
        expect(left.stdout).toContain('Signed in to corp');
        expect(await stage.zsp(['doctor'], bus)).toMatchObject({ status: 0 });
      } finally {
        await ring.stop();
      }
    },
  );

  test('is not taken against what the config file says', async () => {
    stage = await openStage();
    const { status, stderr } = await stage.zsp(['login', 'corp', '--keychain', 'kernel', '--no-browser']);
    expect(status).toBe(2);
    expect(stderr).toContain('[sso-session corp] keeps its secrets in zsp_keychain = file');
  });
});
