import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeDemoHome } from '../../src/sandbox/home';
import { type Sandbox, startSandbox } from '../../src/sandbox/server';
import { needs } from '../support/needs';
import { launcher, type Run, run, runZsp } from '../support/zsp';

let sandbox: Sandbox;
let home: ReturnType<typeof makeDemoHome>;
let env: Readonly<Record<string, string>>;
const zsp = (args: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<Run> =>
  runZsp(args, { env: { ...env, ...more } });

beforeAll(async () => {
  sandbox = await startSandbox({ autoApproveMs: 0 });
  home = makeDemoHome(sandbox.url, launcher);
  env = { ...home.env, TZ: 'UTC', LANG: 'C.UTF-8' };
  await zsp(['login', 'corp', '--no-browser']);
});
afterAll(async () => {
  home.remove();
  await sandbox.close();
});

const state = (name: string) => join(home.path, '.local/state/zsp', name);

describe('a part of a name', () => {
  const echo = ['--', process.execPath, '-p', 'process.env.AWS_ACCESS_KEY_ID'];

  test('is enough where one profile has it, and is said', async () => {
    const { stdout, stderr, status } = await zsp(['exec', 'pl', 'de', ...echo]);
    expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringMatching(/^ASIA/) });
    expect(stderr).toContain('deploy it is: the only profile with "pl de" in its name\n');
  });

  test.each([
    ['of several lists them', ['exec', 'de', ...echo], '2 profiles have "de" in their names', 'dev, deploy'],
    ['of none lists all', ['exec', 'x', 'y', ...echo], 'no profile has "x y" in its name', 'dev, deploy, admin'],
    ['left out lists all', ['exec', ...echo], 'no profile is named', 'dev, deploy, admin'],
    ['of several elevates none', ['assume', 'de'], '2 profiles have "de" in their names', 'dev, deploy'],
    ['left out elevates none', ['assume'], 'no profile is named', 'dev, deploy, admin'],
  ])('%s', async (_, args, message, names) => {
    expect(await zsp(args)).toEqual({
      status: 2,
      stdout: '',
      stderr: `zsp: ${message}\nzsp: hint: name one: ${names}\n`,
    });
  });

  test('is never taken for a profile where it could be a role', async () => {
    const { stderr, status } = await zsp(['assume', 'adm', '--', process.execPath, '-e', ''], { AWS_PROFILE: 'dev' });
    expect(status).toBe(5);
    expect(stderr).toContain('role/adm');
  });
});

describe('status --prompt', () => {
  test('says nothing while nothing is elevated, and is never in the way', async () => {
    expect(await zsp(['status', '--prompt'])).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(await zsp(['status', '--prompt'], { XDG_STATE_HOME: '/nowhere' })).toMatchObject({ status: 0, stderr: '' });
  });

  test('says what is elevated and for how long, until it is dropped', async () => {
    await zsp(['assume', 'admin', '--duration', '15m', '--reason', 'AB-1']);
    expect(await zsp(['status', '--prompt'])).toEqual({ status: 0, stdout: 'admin:15m\n', stderr: '' });
    expect((await zsp(['status', '--prompt', '--plain'])).stdout).toBe('admin:15m\n');
    const file = readFileSync(state('prompt.json'), 'utf8');
    expect(statSync(state('prompt.json')).mode & 0o777).toBe(process.platform === 'win32' ? 0o666 : 0o600);
    expect(sandbox.secrets().filter((secret) => file.includes(secret))).toEqual([]);
    await zsp(['drop', 'admin']);
    expect((await zsp(['status', '--prompt'])).stdout).toBe('');
  });

  test('knows the window of its own shell', async () => {
    const inner = ['--', process.execPath, launcher, 'status', '--prompt'];
    const elevated = await zsp(['assume', 'admin', '--reason', 'x', '--duration', '20m', ...inner]);
    expect(elevated.stdout).toBe('admin:20m\n');
  });
});

describe('status --last-error', () => {
  test('tells what an SDK swallowed, for one profile or the last of all', async () => {
    expect((await zsp(['status', '--last-error'])).stdout).toBe('No credential-process has failed.\n');
    const failed = await zsp(['credential-process', '--profile', 'admin']);
    expect(failed.status).toBe(8);
    await zsp(['credential-process', '--profile', 'nosuch']);
    expect((await zsp(['status', '--last-error', 'admin'])).stdout).toMatch(
      /^admin failed at \d\d:\d\d \(\d+s ago\)\n/,
    );
    expect((await zsp(['status', '--last-error', 'admin'])).stdout).toContain(failed.stderr);
    expect((await zsp(['status', '--last-error'])).stdout).toContain('there is no profile "nosuch"');
    expect(JSON.parse((await zsp(['status', '--last-error', 'admin', '--json'])).stdout)).toMatchObject({
      profile: 'admin',
      code: 'elevation_required',
      remedy: 'run: zsp assume admin --duration 1h --reason "why"',
    });
    expect((await zsp(['status', '--last-error', 'deploy'])).stdout).toBe(
      'No credential-process of deploy has failed.\n',
    );
    expect(statSync(state('last-error.json')).mode & 0o077).toBe(0);
  });

  test('a file that someone else wrote is shown as harmless text, or not at all', async () => {
    const time = new Date().toISOString();
    const error = { time, profile: 'evil', code: 'x', message: '\x1b]0;title\x07\x1b[31mred\u202e' };
    writeFileSync(state('last-error.json'), JSON.stringify({ v: 1, notes: [7, null, { time: 'x' }, error] }));
    expect((await zsp(['status', '--last-error'])).stdout).toMatch(/^evil failed at .*\nzsp: red\n$/);
  });
});

describe('status', () => {
  const tmux = needs('tmux');

  test.each([
    [['--watch'], '--watch needs a terminal it can draw on'],
    [['--watch', '--prompt'], '--watch and --prompt exclude each other'],
    [['--prompt', '--json'], '--prompt and --json exclude each other'],
  ])('%j is refused', async (flags, message) => {
    expect(await zsp(['status', ...flags])).toMatchObject({ status: 2, stderr: expect.stringContaining(message) });
  });

  test('names accounts that zsp list has found, the scope and its packed size', async () => {
    await zsp(['list']);
    await zsp(['exec', 'deploy', '--', process.execPath, '-v']);
    const { stdout } = await zsp(['status']);
    expect(stdout).toMatch(
      /\n {2}deploy +deploy in Production \(444455556666\) {2}scope read-artifacts, \d+ % packed\n/,
    );
  });

  test('is words alone under --plain, and under ZSP_PLAIN', async () => {
    const { stdout } = await zsp(['status', '--plain']);
    expect(stdout).toMatch(/^corp {2}signed in as alice/);
    expect(stdout).toMatch(/^[\x20-\x7e\n]*$/);
    expect((await zsp(['status'], { ZSP_PLAIN: '1' })).stdout).toBe(stdout);
  });

  test.skipIf(tmux.skip)(`--watch draws on the other screen and leaves the terminal as it was${tmux.why}`, async () => {
    const socket = join(home.path, 'tmux');
    const ask = async (...args: string[]) =>
      (await run('tmux', ['-S', socket, '-f', '/dev/null', ...args], { env })).stdout;
    const shown = async (wanted: RegExp) => {
      for (let tries = 0; tries < 100; tries++) {
        const screen = await ask('capture-pane', '-p');
        if (wanted.test(screen)) return screen;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      return ask('capture-pane', '-p');
    };
    const words = [process.execPath, launcher, 'status', '--watch'].map((word) => `'${word}'`).join(' ');
    const shell = `echo before; ${words}; echo "ended with $?"; stty -a | grep -o ' -\\?echo '; sleep 30`;
    await ask('new-session', '-d', '-x', '60', '-y', '20', shell);
    try {
      const watching = await shown(/q leaves/);
      expect(watching).toMatch(/━━.* left, until/);
      expect(watching).not.toContain('before');
      await ask('send-keys', 'C-c');
      expect(await shown(/ended with \d+\n *-?echo/)).toMatch(/^before\nended with 0\n echo\n/);
    } finally {
      await ask('kill-server');
    }
  });
});
