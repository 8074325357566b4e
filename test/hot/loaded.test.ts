import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/server';
import { needs } from '../support/needs';
import { privateKeyring } from '../support/private-keyring';
import { type Home, newHome, runZsp } from '../support/zsp';

/** The way of a hit is short: whatever it loads is paid for on every call of every AWS client. */

const keyring = needs('linux', 'dbus', 'gnome-keyring');
let sandbox: Sandbox;
let home: Home;
let env: Readonly<Record<string, string>>;

const config = (keychain: string) => `[sso-session corp]
sso_start_url = https://corp.awsapps.com/start
sso_region = eu-west-1
sso_registration_scopes = sso:account:access
zsp_keychain = ${keychain}

[profile dev]
region = eu-west-1
zsp_sso_session = corp
zsp_sso_account_id = 111122223333
zsp_sso_role_name = Developer
`;

const probe = `
process.on('exit', () => require('node:fs').writeFileSync(process.env.PROBE, JSON.stringify({
  files: Object.keys(require.cache),
  builtins: process.moduleLoadList.map((one) => one.split(' ').at(-1)),
})));`;

beforeAll(async () => {
  sandbox = await startSandbox({ autoApproveMs: 0 });
  home = newHome({ AWS_ENDPOINT_URL: sandbox.url });
  env = {
    ...home.env,
    NODE_OPTIONS: `--require ${home.write('probe.cjs', probe)}`,
    PROBE: join(home.path, 'probe.json'),
  };
  home.write('.aws/config', config('file'));
  await runZsp(['login', 'corp', '--no-browser'], { env: home.env });
});
afterAll(async () => {
  home.cleanup();
  await sandbox.close();
});

interface Loaded {
  /** The last two parts of each path: zsp's own files, and those of packages. */
  readonly own: readonly string[];
  readonly packages: readonly string[];
  readonly builtins: readonly string[];
  readonly stdout: string;
}

async function load(env: Readonly<Record<string, string>>): Promise<Loaded> {
  const { stdout, stderr } = await runZsp(['credential-process', '--profile', 'dev'], { env });
  expect(stderr).toBe('');
  const { files, builtins } = JSON.parse(readFileSync(env.PROBE ?? '', 'utf8')) as {
    files: string[];
    builtins: string[];
  };
  const [packages, own] = [files.filter(isOfPackage), files.filter((file) => !isOfPackage(file))];
  return { own: own.map(ending).filter((file) => !file.endsWith('probe.cjs')), packages, builtins, stdout };
}

const isOfPackage = (file: string) => file.includes('node_modules');
const ending = (file: string) => file.split(/[\\/]/).slice(-2).join('/');
const banned = ['net', 'http', 'tls', 'child_process', 'timers/promises', 'worker_threads'];

test('a miss loads one file more, and of the packages the locks alone; a hit the launcher, one file, and what unseals', async () => {
  const miss = await load(env);
  expect(miss.own).toEqual(expect.arrayContaining(['dist/miss.js', 'dist/errors.js', 'dist/secret.js']));
  expect(miss.own.length).toBeLessThanOrEqual(14);
  expect(miss.packages.map(ending)).toEqual([expect.stringMatching(/fs-native-extensions\.node$/)]);

  const hit = await load(env);
  expect(hit.stdout).toBe(miss.stdout);
  expect(hit.own.slice(0, 3)).toEqual(['bin/zsp.js', 'dist/entry.js', 'keychain/read-sealed-item.js']);
  expect(hit.own.length).toBeLessThanOrEqual(7);
  expect(hit.packages).toEqual([]);
  expect(hit.builtins.filter((name) => banned.includes(name))).toEqual([]);
});

test.skipIf(keyring.skip)(`where nothing is sealed, no node:crypto either${keyring.why}`, async () => {
  const bus = await privateKeyring();
  try {
    home.write('.aws/config', config('secret-service'));
    const there = { ...env, DBUS_SESSION_BUS_ADDRESS: bus.env.DBUS_SESSION_BUS_ADDRESS ?? '' };
    await runZsp(['login', 'corp', '--no-browser'], { env: { ...there, NODE_OPTIONS: '' } });
    const miss = await load(there);
    const hit = await load(there);
    expect(hit.stdout).toBe(miss.stdout);
    expect(hit.own).toEqual(['bin/zsp.js', 'dist/entry.js']);
    expect(hit.packages).toEqual([]);
    expect(hit.builtins.filter((name) => [...banned, 'crypto'].includes(name))).toEqual(['net']);
  } finally {
    await bus.stop();
  }
});
