import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answerOf, deploy, dev, failure, openStage, role, roleArn, type Stage, start } from './stage';

/** stdout and stderr of `credential-process`, byte for byte, in every outcome. */

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
  await stage.login();
});
afterAll(() => stage.close());

const count = () => stage.sandbox.requests.length;

describe('on success', () => {
  test('a miss prints one compact line, and a hit the same bytes without asking AWS', async () => {
    const miss = await stage.credentials('deploy');
    const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = answerOf(miss);
    expect(miss).toEqual({
      status: 0,
      stdout: `{"Version":1,"AccessKeyId":"${AccessKeyId}","SecretAccessKey":"${SecretAccessKey}","SessionToken":"${SessionToken}","Expiration":"${Expiration}","AccountId":"444455556666"}\n`,
      stderr: '',
    });
    expect(AccessKeyId).toMatch(/^ASIA[A-Z2-7]{16}$/);
    expect(stage.sandbox.secrets()).toEqual(expect.arrayContaining([SecretAccessKey, SessionToken]));
    expect(Expiration).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(Math.abs(Date.parse(Expiration) - Date.now() - 3_600_000)).toBeLessThan(60_000);

    const before = count();
    expect(await stage.credentials('deploy')).toEqual(miss);
    expect(count()).toBe(before);
  });

  test.each([
    ['a miss', true],
    ['a hit', false],
  ])('%s never reads stdin', async (_what, cold) => {
    if (cold) stage.configure({ dev, deploy: { ...deploy, zsp_duration: '59m' } });
    const { child, ended } = start(stage, ['credential-process', '--profile', 'deploy']);
    expect(await ended).toMatchObject({ status: 0, stderr: '' });
    child.stdin?.destroy();
  });

  test("a session token of 4 KB stays under the Go SDK's 8,192 bytes", async () => {
    const large = await openStage({ sessionTokenLength: 4096 });
    try {
      await large.login();
      const miss = await large.credentials('deploy');
      expect(answerOf(miss).SessionToken).toHaveLength(4096);
      expect(Buffer.byteLength(miss.stdout)).toBeLessThan(8192);
      expect(await large.credentials('deploy')).toEqual(miss);
    } finally {
      await large.close();
    }
  });
});

describe('the profile', () => {
  const hex = Buffer.from('deploy').toString('hex');
  test.each([
    ['--profile deploy', ['--profile', 'deploy'], {}],
    ['--profile=deploy', ['--profile=deploy'], {}],
    ['--profile-hex', ['--profile-hex', hex], {}],
    ['--profile-hex=…', [`--profile-hex=${hex}`], {}],
    ['AWS_PROFILE where none is named', [], { AWS_PROFILE: 'deploy' }],
    ['--profile, whatever AWS_PROFILE says', ['--profile', 'deploy'], { AWS_PROFILE: 'dev' }],
    ['--profile-hex, whatever AWS_PROFILE says', ['--profile-hex', hex], { AWS_PROFILE: 'dev' }],
  ])('is %s', async (_how, args, env) => {
    expect(answerOf(await stage.zsp(['credential-process', ...args], env)).AccountId).toBe('444455556666');
  });

  test.each(['-x', 'two words', '$(id)', 'größe', "quo'te"])('may be called %s', async (name) => {
    stage.configure({ dev, [name]: dev });
    const args = ['credential-process', '--profile-hex', Buffer.from(name).toString('hex')];
    expect(answerOf(await stage.zsp(args)).AccountId).toBe('111122223333');
    stage.configure({ dev, deploy });
  });
});

describe('on failure', () => {
  const config = () => stage.env.AWS_CONFIG_FILE;
  const principal =
    'arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Developer_0123456789abcdef/alice@corp.example';
  beforeAll(() => {
    stage.configure({
      dev,
      deploy,
      denied: role('denied'),
      admin: role('admin', { zsp_elevation: 'required' }),
      unreachable: role('deploy', { zsp_duration: '16m' }),
      typo: { ...dev, zsp_durations: '1h' },
    });
  });

  test('2: an option that is none', async () => {
    expect(await stage.zsp(['credential-process', '--profil', 'deploy'])).toEqual(
      failure(2, "unknown option '--profil' (Did you mean --profile?)", 'run: zsp credential-process --help'),
    );
  });

  test('3: a mistake in the config file', async () => {
    const { status, stdout, stderr } = await stage.credentials('typo');
    expect({ status, stdout }).toEqual({ status: 3, stdout: '' });
    expect(stderr.split('\n')).toHaveLength(3);
    expect(stderr).toMatch(
      /:\d+: zsp_durations: zsp has no such key in \[typo\]\nzsp: hint: did you mean zsp_duration\?\n$/,
    );
    expect(stderr).toContain(`zsp: ${config()}:`);
  });

  test('4: no sign-in', async () => {
    const other = { AWS_ENDPOINT_URL: 'http://127.0.0.1:9' };
    expect(await stage.credentials('deploy', other)).toEqual(
      failure(4, 'not signed in to corp', 'run: zsp login corp'),
    );
  });

  test('5: a role that does not trust the caller', async () => {
    expect(await stage.credentials('denied')).toEqual(
      failure(
        5,
        `${principal} may not sts:AssumeRole on ${roleArn('denied')}`,
        "allow it in the caller's permissions, and name the caller in the role's trust policy",
      ),
    );
  });

  test('6: a keychain that stays shut', async () => {
    expect(await stage.credentials('deploy', { ZSP_PASSPHRASE: 'wrong' })).toEqual(
      failure(
        6,
        'the passphrase of the file keychain is wrong',
        `give the right one in ZSP_PASSPHRASE or on the terminal, or start anew: remove ${stage.home.path}/run/zsp/sealed/file/key.json and run zsp login`,
      ),
    );
  });

  test('7: AWS cannot be reached', async () => {
    stage.sandbox.faults.push({ match: { operation: 'AssumeRole' }, action: 'html' });
    expect(await stage.credentials('unreachable')).toEqual(
      failure(
        7,
        `AssumeRole at 127.0.0.1:${stage.sandbox.port} failed, tried once: answered with a web page: a captive portal or a proxy is in the way`,
        'open a web page in a browser to sign in to the network, or set HTTPS_PROXY, then run the command again',
      ),
    );
    stage.sandbox.faults.length = 0;
  });

  test('8: a profile that is issued only while elevated', async () => {
    expect(await stage.credentials('admin')).toEqual(
      failure(8, 'profile admin is issued only while elevated', 'run: zsp assume admin --duration 1h'),
    );
  });

  test('a profile whose name would speak to the terminal is shown without its escapes', async () => {
    const { status, stdout, stderr } = await stage.credentials('\u001b[2Jx\nzsp: all is well');
    expect({ status, stdout }).toEqual({ status: 3, stdout: '' });
    expect(stderr.split('\n')).toHaveLength(3);
    expect(stderr).not.toContain('\u001b');
  });
});
