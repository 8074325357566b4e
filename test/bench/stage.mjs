// A throw-away home with one keychain, signed in to the embedded AWS, and what the bench needs to know of it.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './programs.mjs';

const require = createRequire(import.meta.url);
const launcher = fileURLToPath(new URL('../../bin/zsp.js', import.meta.url));
const { startSandbox } = require('../../dist/sandbox/server.js');

const bare = (name) => fileURLToPath(new URL(`bare/${name}.cjs`, import.meta.url));

/** @param backend where the keychain is; @param profiles how many the config file has */
export async function openStage(backend, { profiles = 3, latencyMs = 0, env: more = {} } = {}) {
  const sandbox = await startSandbox({ autoApproveMs: 0, latencyMs });
  const home = mkdtempSync(join(tmpdir(), 'zsp-bench-'));
  for (const name of ['run', 'data']) mkdirSync(join(home, name), { mode: 0o700 });
  writeFileSync(join(home, 'config'), config(backend, profiles));
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    XDG_RUNTIME_DIR: join(home, 'run'),
    XDG_STATE_HOME: join(home, 'state'),
    XDG_DATA_HOME: join(home, 'data'),
    AWS_CONFIG_FILE: join(home, 'config'),
    AWS_ENDPOINT_URL: sandbox.url,
    ZSP_PASSPHRASE: 'of the bench',
    SSH_CONNECTION: 'bench',
    ...more,
  };
  const zsp = (...args) => [process.execPath, launcher, ...args];
  const account = `credentials:${join(home, 'config')}:deploy`;
  const sealed = join(home, 'run', 'zsp', 'sealed', backend);
  await run(zsp('login', 'corp', '--no-browser'), env);
  await run(zsp('credential-process', '--profile', 'deploy'), env);
  const store = keychainOf(backend, env);
  return {
    sandbox,
    env,
    hit: zsp('credential-process', '--profile', 'deploy'),
    prompt: zsp('status', '--prompt'),
    bareRead: [
      ...[process.execPath, bare('read'), backend, account],
      ...(existsSync(sealed) ? [fileOf(sealed, account), join(sealed, 'key.json')] : []),
    ],
    bareSdk: {
      program: [process.execPath, bare('sdk')],
      env: { ...env, BENCH_ENDPOINT: sandbox.url, BENCH_TOKEN: await newToken(sandbox) },
    },
    /** Makes the next call a miss: what was minted is gone, and zsp's note of it, as after a logout; the sign-in is not. */
    async forget() {
      rmSync(join(home, 'run', 'zsp', 'held'), { recursive: true, force: true });
      const names = JSON.parse(await store.get('index')).names;
      for (const name of names.filter((one) => /^(credentials|permission-set):/.test(one))) await store.delete(name);
    },
    async close() {
      await run(zsp('logout', 'corp'), env).catch(() => undefined); // a keychain may still be busy with a storm
      await sandbox.close();
      rmSync(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

export const empty = [process.execPath, bare('empty')];
export const memoryProbe = bare('memory');

const fileOf = (directory, account) => join(directory, `${createHash('sha256').update(account).digest('hex')}.sealed`);

/** zsp's own store, in this process: for looking, not for measuring. */
function keychainOf(backend, env) {
  const { openKeychain } = require('../../dist/keychain/choice.js');
  const opened = openKeychain({ choice: backend, env, lock: (_name, work) => work() });
  return {
    get: async (name) => (await (await opened).store.get(name)).open(),
    delete: async (name) => (await opened).store.delete(name),
  };
}

async function newToken({ url, approve }) {
  const post = async (path, body) => {
    const headers = { 'content-type': 'application/json' };
    return (await fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })).json();
  };
  const client = await post('/client/register', {
    clientName: 'bench',
    clientType: 'public',
    scopes: ['sso:account:access'],
  });
  const { clientId, clientSecret } = client;
  const startUrl = 'https://corp.awsapps.com/start';
  const { deviceCode, userCode } = await post('/device_authorization', { clientId, clientSecret, startUrl });
  approve(userCode);
  const grantType = 'urn:ietf:params:oauth:grant-type:device_code';
  return (await post('/token', { clientId, clientSecret, grantType, deviceCode })).accessToken;
}

function config(backend, profiles) {
  const others = Array.from({ length: profiles - 2 }, (_, at) =>
    profile(`other-${at}`, 'zsp_sso_role_name = ReadOnly'),
  );
  return [
    '[sso-session corp]',
    'sso_start_url = https://corp.awsapps.com/start',
    'sso_region = eu-west-1',
    'sso_registration_scopes = sso:account:access',
    `zsp_keychain = ${backend}`,
    ...others,
    profile('dev', 'zsp_sso_role_name = Developer'),
    '[profile deploy]',
    'region = eu-west-1',
    'zsp_source_profile = dev',
    'zsp_role_arn = arn:aws:iam::444455556666:role/deploy',
    '',
  ].join('\n');
}

const profile = (name, role) =>
  `\n[profile ${name}]\nregion = eu-west-1\nzsp_sso_session = corp\nzsp_sso_account_id = 111122223333\n${role}\n`;

/** A session bus with an unlocked gnome-keyring on it; undefined where there are no such programs. */
export async function openKeyring() {
  const home = mkdtempSync(join(tmpdir(), 'zsp-bench-keyring-'));
  const env = { ...process.env, HOME: home, XDG_RUNTIME_DIR: home, XDG_DATA_HOME: join(home, 'data') };
  mkdirSync(env.XDG_DATA_HOME);
  const bus = spawn('dbus-daemon', ['--session', '--nofork', '--print-address', `--address=unix:path=${home}/bus`], {
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const address = await new Promise((resolve) => {
    bus.on('error', () => resolve(undefined));
    bus.stdout.once('data', (line) => resolve(String(line).trim()));
  });
  env.DBUS_SESSION_BUS_ADDRESS = address;
  const daemon = ['gnome-keyring-daemon', ['--unlock', '--components=secrets'], { env, input: 'throw-away' }];
  const close = () => {
    bus.kill();
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  };
  if (address && spawnSync(...daemon).status === 0) return { address, close };
  close();
  return undefined;
}

/** Whether this kernel lets its keyring be used. */
export function hasKernelKeyring() {
  return existsSync('/proc/keys') && readFileSync('/proc/keys', 'utf8') !== '';
}
