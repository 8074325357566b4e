import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { corp as organisation } from '../../src/sandbox/corp';
import { deploy, dev, openStage, role, roleArn, type Stage } from '../contract/stage';
import { needs } from '../support/needs';
import { type Home, newHome, type Run } from '../support/zsp';

/** Whatever a name, a reason or an answer of AWS holds, a terminal gets text, a shell gets nothing, and no file a new line. */

// Each by itself is in test/terminal/sanitize.test.ts; here they come all at once, through the shipped command.
const attacks: Readonly<Record<string, string>> = {
  'everything a terminal obeys or hides': [
    'dev\x1b[2J\x1b[1;1Hroot#\x1b]0;owned\x07\x1b]52;c;cm0gLXJm\x07\u009b2J\u009d0;owned\u009c',
    '\u202e\u2066txt\u200b\u2060\u00ad\u{e0041}\rzsp: signed in\u2028zsp: all is well\u0085',
  ].join(''),
  'everything a shell or a parser obeys': `--format=env $(touch owned)\`touch owned\`;touch owned|touch owned '"\\ %s %n ~ * !!`,
  'ten kilobytes': 'A'.repeat(10_240),
};

const obeyed = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\u00ad\u115f\u1160\u3164\u{e0000}-\u{e0fff}]/u;

function expectHarmless({ stdout, stderr }: Run): void {
  expect(stdout).not.toMatch(obeyed);
  expect(stderr).not.toMatch(obeyed);
  expect(`${stdout}${stderr}`).not.toContain('    at ');
}

/** Two lines, the second a remedy: no text from outside makes a third. */
function expectRefusal(ran: Run, status: number): void {
  expectHarmless(ran);
  expect(ran.stderr).toMatch(/^zsp: .*\nzsp: hint: .*\n$/);
  expect(ran).toMatchObject({ status, stdout: '' });
}

describe.each(Object.entries(attacks))('%s', (_, attack) => {
  // What the format of the config file has no way to say.
  const inName = attack.replace(/[\r\n\u2028\u0085"']/g, '').trim();
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage();
    const session = { ...dev, zsp_sso_session: inName };
    stage.configure({
      [inName]: session,
      deploy: { ...deploy, zsp_source_profile: inName },
      admin: role('admin', { zsp_source_profile: inName, zsp_elevation: 'required' }),
    });
    const path = join(stage.home.path, '.aws/config');
    stage.home.write(
      '.aws/config',
      readFileSync(path, 'utf8').replace('[sso-session corp]', () => `[sso-session ${inName}]`),
    );
  });
  afterAll(async () => {
    expect(existsSync(join(stage.home.path, 'owned'))).toBe(false);
    await stage.close();
  });

  test('as the name of a profile and of a sign-in, and as a reason', async () => {
    const hex = Buffer.from(inName).toString('hex');
    const all: readonly (readonly string[])[] = [
      ['login'],
      ['credential-process', '--profile-hex', hex],
      ['whoami', `--profile=${inName}`],
      ['assume', 'admin', '--duration', '15m', `--reason=${attack}`],
      ['status'],
      ['exec', `--profile=${inName}`, '--', process.execPath, '-e', ''],
      ['history'],
      ['drop', 'admin'],
      ['logout'],
    ];
    for (const args of all) {
      const ran = await stage.zsp(args);
      expectHarmless(ran);
      expect({ args: args[0], status: ran.status }).toEqual({ args: args[0], status: 0 });
    }
  }, 60_000);

  test('in JSON, where nothing is lost', async () => {
    await stage.zsp(['login']);
    await stage.zsp(['assume', 'admin', '--duration', '15m', `--reason=${attack}`]);
    const status = await stage.zsp(['status', '--json']);
    expectHarmless(status);
    expect(JSON.parse(status.stdout)).toMatchObject({
      signIns: [{ ssoSession: inName, sessions: [{ profile: 'admin', window: { reason: attack } }] }],
    });
    const whoami = await stage.zsp(['whoami', `--profile=${inName}`, '--json']);
    expectHarmless(whoami);
    expect(JSON.parse(whoami.stdout)).toMatchObject({ profile: inName });
    const history = await stage.zsp(['history', '--json']);
    expectHarmless(history);
    for (const line of history.stdout.trimEnd().split('\n')) expect(JSON.parse(line)).toHaveProperty('event');
  }, 60_000);

  test('as a word zsp does not know', async () => {
    const words: readonly (readonly string[])[] = [
      ['credential-process', `--profile=${attack}x`],
      ['credential-process', '--profile-hex', attack],
      ['login', `./${attack}`],
      ['assume', `./${attack}`, '--format', 'json'],
      ['assume', 'admin', `--duration=${attack}`],
      ['assume', 'admin', `--policy=${attack}`],
      ['history', `--last=${attack}`],
      [`./${attack}`],
      ['status', `--${attack}`],
    ];
    for (const args of words) {
      const ran = await stage.zsp(args);
      expectRefusal(ran, ran.status === 3 ? 3 : 2);
    }
  }, 60_000);

  test('in what AWS says', async () => {
    stage.sandbox.faults.length = 0;
    await stage.zsp(['login', '--force']);
    const refused = async (operation: string, body: string, type: string) => {
      const action = { status: 400, body, headers: { 'content-type': type } };
      stage.sandbox.faults.push({ match: { operation }, action });
      const ran = await stage.credentials('deploy');
      expectRefusal(ran, ran.status === 3 ? 3 : 7);
      stage.sandbox.faults.length = 0;
    };
    const xml = attack.replace(/[<&\0-\x1f]/g, (found) => `&#${found.charCodeAt(0)};`);
    const error = (code: string) =>
      `<ErrorResponse><Error><Code>${code}</Code><Message>${xml}</Message></Error></ErrorResponse>`;
    await refused('GetRoleCredentials', JSON.stringify({ message: attack, __type: attack }), 'application/json');
    await refused('AssumeRole', error('MalformedPolicyDocument'), 'text/xml');
    await refused('AssumeRole', error(xml), 'text/xml');
  }, 60_000);
});

test.each(['constructor', '__proto__'])('an error of AWS called %s is one it has no word for', async (code) => {
  const stage = await openStage();
  try {
    await stage.login();
    const body = `<ErrorResponse><Error><Code>${code}</Code><Message>no</Message></Error></ErrorResponse>`;
    stage.sandbox.faults.push({ match: { operation: 'AssumeRole' }, action: { status: 400, body } });
    expectRefusal(await stage.credentials('deploy'), 7);
    stage.home.write('.local/state/zsp/keychain', code);
    stage.configure({ dev }, { zsp_keychain: 'auto' });
    expectRefusal(await stage.credentials('dev'), 6);
  } finally {
    await stage.close();
  }
});

describe('a sign-in page', () => {
  const answer = (uri: string, userCode = 'ABCD-EFGH') =>
    JSON.stringify({
      deviceCode: 'device',
      userCode,
      verificationUri: uri,
      verificationUriComplete: uri,
      expiresIn: 600,
      interval: 1,
    });

  async function login(body: (url: string) => string): Promise<Run> {
    const stage = await openStage();
    try {
      const action = { status: 200, body: body(stage.sandbox.url), headers: { 'content-type': 'application/json' } };
      stage.sandbox.faults.push({ match: { operation: 'StartDeviceAuthorization' }, action });
      return await stage.zsp(['login', '--device-code']);
    } finally {
      await stage.close();
    }
  }

  test.each([
    'javascript:alert(1)',
    '--profile-directory=/tmp',
    'https://evil.example/device',
    'https://alice:pw@corp.awsapps.com/start',
  ])('at %j is neither shown nor opened', async (uri) => {
    const run = await login(() => answer(uri));
    expectRefusal(run, 7);
    expect(run.stderr).not.toMatch(/evil|javascript|--profile/);
  });

  test.each(Object.entries(attacks))('with %s for a code shows text, or nothing', async (_, attack) => {
    const run = await login((at) => answer(`${at}/device`, attack));
    expectHarmless(run);
    expect(run.stderr.length).toBeLessThan(2_000);
  });
});

test('a user who is called like a command is a user', async () => {
  const name = '$(touch>owned)@corp.example';
  const permissionSets = organisation.permissionSets.map((set) => ({ ...set, users: [name] }));
  const stage = await openStage({ directory: { ...organisation, users: [{ userName: name }], permissionSets } });
  try {
    await stage.login();
    expect((await stage.zsp(['whoami', 'dev'])).stdout).toContain(`signed in  ${name} at corp`);
    const printed = await stage.zsp(['assume', roleArn('audited'), '-p', 'dev', '--format', 'env']);
    expect(printed.stdout.trimEnd().split('\n')).toHaveLength(4);
    expect((await stage.credentials('deploy')).status).toBe(0);
    expect(existsSync(join(stage.home.path, 'owned'))).toBe(false);
  } finally {
    await stage.close();
  }
});

describe('a terminal', () => {
  const script = needs('script');
  let home: Home;
  beforeAll(() => {
    home = newHome({ TERM: 'xterm-256color' });
    const name = 'dev\x1b[2J\u009b3J\x1b]0;owned\x07\u202e';
    home.write(
      '.aws/config',
      `[sso-session ${name}]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = eu-west-1\nzsp_keychain = file\n`,
    );
  });
  afterAll(() => home.cleanup());

  test.skipIf(script.skip)(`gets colours of zsp's own, and nothing else it would obey${script.why}`, async () => {
    const { launcher, run } = await import('../support/zsp');
    const ran = await run('script', ['-qec', `${process.execPath} ${launcher} status`, '/dev/null'], { env: home.env });
    expect(ran.stdout).toContain('\x1b[');
    expect(ran.stdout.replace(/\x1b\[\d+(?:;\d+)?m/g, '').replaceAll('\r\n', '\n')).not.toMatch(obeyed);
  });
});
