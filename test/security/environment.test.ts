import { once } from 'node:events';
import { chownSync, existsSync, mkdirSync, mkdtempSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deploy, dev, openStage, role, type Stage } from '../contract/stage';
import { needs } from '../support/needs';

/** What a repository's `.envrc` can set: the call fails and says why, or goes on as if nothing were set. docs/security.md lists the rest. */

const root = needs('linux', 'root');

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
  stage.configure({ dev, deploy, admin: role('admin', { zsp_elevation: 'required' }) });
  await stage.login();
  expect((await stage.credentials('deploy')).status).toBe(0);
  mkdirSync(join(stage.home.path, 'repository', 'run'), { recursive: true });
});
afterAll(() => stage.close());

const repository = (...names: readonly string[]) => join(stage.home.path, 'repository', ...names);

/** A config file that a repository brings: the same sign-in, its tokens sent elsewhere. */
function hostileConfig(): string {
  return stage.home.write(
    'repository/config',
    `[sso-session corp]
sso_start_url = https://corp.awsapps.com/start
sso_region = eu-west-1
zsp_keychain = file
zsp_endpoint_url = https://evil.example

[profile deploy]
zsp_sso_session = corp
zsp_sso_account_id = 111122223333
zsp_sso_role_name = Developer
`,
  );
}

const cases: Readonly<
  Record<string, readonly [set: () => Readonly<Record<string, string>>, status: number, says: RegExp]>
> = {
  'AWS_ENDPOINT_URL, somewhere else': [() => ({ AWS_ENDPOINT_URL: 'https://evil.example' }), 3, /not a loopback URL/],
  'AWS_ENDPOINT_URL, this network': [() => ({ AWS_ENDPOINT_URL: 'http://10.0.0.1' }), 3, /not a loopback URL/],
  'AWS_ENDPOINT_URL, another port of this machine': [
    () => ({ AWS_ENDPOINT_URL: 'http://127.0.0.1:1' }),
    4,
    /not signed in/,
  ],
  'AWS_ENDPOINT_URL_STS alone': [() => ({ AWS_ENDPOINT_URL_STS: 'http://127.0.0.1:1' }), 3, /mixed endpoints/],
  'AWS_CONFIG_FILE, whose endpoint is elsewhere': [
    () => ({ AWS_CONFIG_FILE: hostileConfig(), AWS_ENDPOINT_URL: '' }),
    4,
    /not signed in/,
  ],
  'AWS_CONFIG_FILE, a device': [() => ({ AWS_CONFIG_FILE: '/dev/zero' }), 3, /cannot be read/],
  'ZSP_WINDOW, made up': [() => ({ ZSP_WINDOW: '0123456789abcdef:deploy' }), 8, /elevation of this shell has ended/],
  'ZSP_PASSPHRASE, another': [() => ({ ZSP_PASSPHRASE: 'hunter2' }), 6, /passphrase of the file keychain is wrong/],
  'XDG_RUNTIME_DIR, its own': [() => ({ XDG_RUNTIME_DIR: repository('run') }), 4, /not signed in/],
  NODE_DEBUG: [() => ({ NODE_DEBUG: '*' }), 3, /NODE_DEBUG/],
  'HTTPS_PROXY, for a call that stays on this machine': [() => ({ HTTPS_PROXY: 'http://evil.example' }), 0, /^$/],
  'XDG_STATE_HOME, its own': [() => ({ XDG_STATE_HOME: repository() }), 0, /^$/],
  'AWS_PROFILE, another than is asked for': [() => ({ AWS_PROFILE: 'admin' }), 0, /^$/],
};

test.each(Object.entries(cases))('%s', async (_, [set, status, says]) => {
  const before = stage.sandbox.requests.length;
  const ran = await stage.credentials('deploy', set());
  const theirs = ran.stderr
    .split('\n')
    .filter((line) => line.startsWith('zsp: '))
    .join('\n');
  expect({ status: ran.status, said: theirs }).toEqual({ status, said: expect.stringMatching(says) });
  for (const secret of stage.sandbox.secrets()) expect(ran.stderr).not.toContain(secret);
  expect(stage.sandbox.requests.length).toBe(before);
});

test('NODE_DEBUG does not print the credentials of a command', async () => {
  const command = ['exec', 'deploy', '--', process.execPath, '-e', ''];
  const ran = await stage.zsp(command, { NODE_DEBUG: 'child_process,http' });
  expect(ran.status).toBe(3);
  for (const secret of stage.sandbox.secrets()) expect(ran.stderr).not.toContain(secret);
});

describe('DBUS_SESSION_BUS_ADDRESS', () => {
  test.each([
    'tcp:host=127.0.0.1,port=1',
    'unixexec:path=/usr/bin/touch,argv1=OWNED',
    'autolaunch:',
    'unix:path=/x;tcp:host=h',
  ])('%s is no bus that zsp tells a secret to', async (address) => {
    const owned = join(stage.home.path, 'owned');
    stage.configure({ dev }, { zsp_keychain: 'secret-service' });
    const more = { DBUS_SESSION_BUS_ADDRESS: address.replace('OWNED', owned) };
    for (const args of [['login'], ['credential-process', '--profile', 'dev']]) {
      const ran = await stage.zsp(args, more);
      expect(ran).toMatchObject({
        status: 6,
        stderr: expect.stringMatching(/not a Unix socket.*\nzsp: hint: unset it/s),
      });
    }
    expect(existsSync(owned)).toBe(false);
  });

  test.skipIf(root.skip).each([
    ['its path', (bus: string) => ({ DBUS_SESSION_BUS_ADDRESS: `unix:path=${bus},guid=00` })],
    ['its path, escaped', (bus: string) => ({ DBUS_SESSION_BUS_ADDRESS: `unix:path=${bus.replace('bus', '%62us')}` })],
    ['a second address', (bus: string) => ({ DBUS_SESSION_BUS_ADDRESS: `unix:path=/nonexistent;unix:path=${bus}` })],
    ['XDG_RUNTIME_DIR', (bus: string) => ({ XDG_RUNTIME_DIR: dirname(bus) })],
  ])(`a bus of another user, by %s, is told nothing${root.why}`, async (_how, named) => {
    const bus = join(mkdtempSync(join(stage.home.path, 'theirs-')), 'bus');
    let spokenTo = false;
    const server = createServer((socket) => {
      spokenTo = true;
      socket.destroy();
    });
    await once(server.listen(bus), 'listening');
    try {
      chownSync(bus, 12_345, 12_345);
      stage.configure({ dev }, { zsp_keychain: 'secret-service' });
      const ran = await stage.zsp(['credential-process', '--profile', 'dev'], named(bus));
      expect(ran).toMatchObject({
        status: 6,
        stderr: expect.stringMatching(/belongs to another user.*\nzsp: hint: /s),
      });
      expect(spokenTo).toBe(false);
      chownSync(bus, 0, 0);
      expect((await stage.zsp(['credential-process', '--profile', 'dev'], named(bus))).status).toBe(6);
      expect(spokenTo).toBe(true);
    } finally {
      server.close();
    }
  });
});
