import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/server';
import { needs } from '../support/needs';
import { type Home, launcher, newHome, type Run, run, runZsp } from '../support/zsp';
import { configText, dev } from './stage';

/** Homes that are not there, or that nobody can write to. */

const config = configText({ dev });

type Env = Readonly<Record<string, string>>;

let sandbox: Sandbox;
let home: Home;
beforeEach(async () => {
  sandbox = await startSandbox({ autoApproveMs: 0 });
  home = newHome({ AWS_ENDPOINT_URL: sandbox.url, SSH_CONNECTION: 'test' });
  home.write('.aws/config', config);
});
afterEach(async () => {
  home.cleanup();
  await sandbox.close();
});

/** The verbs of a day, in its order. */
const day = [
  ['login', '--no-browser'],
  ['status'],
  ['whoami', 'dev'],
  ['credential-process', '--profile', 'dev'],
  ['exec', 'dev', '--', process.execPath, '-e', ''],
  ['console', 'dev', '--print'],
  ['list'],
  ['assume', 'dev', '--duration', '15m'],
  ['history'],
  ['logout'],
];

async function live(zsp: (args: readonly string[]) => Promise<Run>): Promise<Readonly<Record<string, Run>>> {
  const runs: Record<string, Run> = {};
  for (const args of day) runs[args[0] ?? ''] = await zsp(args);
  return runs;
}

const statuses = (runs: Readonly<Record<string, Run>>) =>
  Object.fromEntries(Object.entries(runs).map(([verb, { status }]) => [verb, status]));

const without = (...names: readonly string[]) =>
  Object.fromEntries(Object.entries(home.env).filter(([name]) => !names.includes(name)));

const allWell = Object.fromEntries(day.map(([verb]) => [verb, 0]));

describe('every verb', { timeout: 60_000 }, () => {
  test.each([
    ['unset', {}],
    ['/nonexistent', { HOME: '/nonexistent', USERPROFILE: '/nonexistent' }],
  ])('works with HOME %s, where the places it names are elsewhere', async (_, changes) => {
    const env = { ...without('HOME', 'USERPROFILE'), ...changes };
    expect(statuses(await live((args) => runZsp(args, { env })))).toEqual(allWell);
  });
});

const linuxRoot = needs('linux', 'root');

describe.skipIf(linuxRoot.skip)(`where mkdir says that the directory it makes is not there${linuxRoot.why}`, () => {
  const proc = ({ PATH = '', AWS_ENDPOINT_URL = '', ZSP_PASSPHRASE = '' }: Env, more: Env = {}) => ({
    env: { PATH, AWS_ENDPOINT_URL, ZSP_PASSPHRASE, HOME: '/proc', ...more },
    timeout: 15_000,
  });

  test.each([
    ['history', 'verify'],
    ['credential-process', '--profile', 'dev'],
    ['configure', 'sso', '--start-url', 'https://corp.awsapps.com/start', '--sso-region', 'eu-west-1', '--yes'],
  ])('%s %s ends, and says where it could not be', async (...args) => {
    const { AWS_CONFIG_FILE = '' } = home.env;
    const ran = await runZsp(args, proc(home.env, args[0] === 'configure' ? {} : { AWS_CONFIG_FILE }));
    expect(ran.status).toBe(9);
    expect(ran.stderr).toMatch(/cannot make \/proc\/\S+ \(ENOENT\)\nzsp: hint: .* elsewhere\n$/);
  });

  test('doctor ends', async () => {
    expect(await runZsp(['doctor'], proc(home.env))).toMatchObject({ status: 10 });
  });
});

const mounts = needs('linux', 'root', 'mount', 'unshare');

/** The same on a home that is mounted read-only. */
const readOnly = (env: Env) => (args: readonly string[]) => {
  const script = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"';
  return run('unshare', ['-m', 'sh', '-c', script, home.path, process.execPath, launcher, ...args], { env });
};

describe.skipIf(mounts.skip)(`in a home nobody can write to${mounts.why}`, { timeout: 60_000 }, () => {
  test('with places elsewhere every verb works', async () => {
    const elsewhere = newHome();
    try {
      const { XDG_CONFIG_HOME, XDG_STATE_HOME, XDG_RUNTIME_DIR } = elsewhere.env;
      const env = { ...home.env, ...{ XDG_CONFIG_HOME, XDG_STATE_HOME, XDG_RUNTIME_DIR } };
      expect(statuses(await live(readOnly(env as Env)))).toEqual(allWell);
    } finally {
      elsewhere.cleanup();
    }
  });

  test('nothing is kept: each verb says where it could not be, and what to do', async () => {
    const places = ['XDG_CONFIG_HOME', 'XDG_STATE_HOME', 'XDG_DATA_HOME', 'XDG_CACHE_HOME', 'XDG_RUNTIME_DIR'];
    const { history: ledger, ...others } = await live(readOnly(without(...places)));
    expect(ledger).toEqual({ status: 0, stdout: '', stderr: 'Nothing has been issued yet.\n' });
    for (const { status, stdout, stderr } of Object.values(others)) {
      expect({ status, stdout }).toEqual({ status: 9, stdout: '' });
      expect(stderr).toMatch(/^zsp: cannot make \S+ \(EROFS\)\nzsp: hint: .* point XDG_STATE_HOME .* elsewhere\n$/);
    }
  });
});
