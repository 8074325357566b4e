import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { needs, onPath } from '../support/needs';
import { type PrivateKeyring, privateKeyring } from '../support/private-keyring';
import { run } from '../support/zsp';
import { answerOf, deploy, dev, filesUnder, openStage, type Stage } from './stage';

/** One whole day on a real keyring, chosen by `auto`. */

const here = needs('linux', 'dbus', 'gnome-keyring', 'aws');

let stage: Stage;
let keyring: PrivateKeyring;
beforeAll(async () => {
  if (here.skip) return;
  [stage, keyring] = await Promise.all([openStage(), privateKeyring()]);
  stage.configure({ dev, deploy }, { zsp_keychain: 'auto' });
});
afterAll(async () => {
  await stage?.close();
  await keyring?.stop();
});

/** The home's environment, on the keyring's bus and without a passphrase. */
const bus = () => ({
  ZSP_PASSPHRASE: '',
  XDG_RUNTIME_DIR: keyring.env.XDG_RUNTIME_DIR ?? '',
  DBUS_SESSION_BUS_ADDRESS: keyring.env.DBUS_SESSION_BUS_ADDRESS ?? '',
});

test.skipIf(here.skip)(`login, aws, logout, and no secret in any file${here.why}`, async () => {
  const aws = () => {
    const args = ['--endpoint-url', stage.sandbox.url, '--profile', 'deploy', 's3', 'ls', 's3://artifacts'];
    return run(onPath('aws') ?? 'aws', args, { env: { ...stage.env, ...bus() } });
  };
  expect((await aws()).stderr).toContain('zsp login corp');

  const login = await stage.zsp(['login', 'corp', '--no-browser'], bus());
  expect({ status: login.status, stdout: login.stdout }).toEqual({
    status: 0,
    stdout: '✓ Signed in to corp; it renews itself.\n',
  });
  expect(readFileSync(join(stage.env.XDG_STATE_HOME ?? '', 'zsp', 'keychain'), 'utf8')).toBe('secret-service\n');
  expect(await aws()).toMatchObject({ status: 0, stdout: expect.stringContaining('manifest.json'), stderr: '' });
  expect((await aws()).status).toBe(0);
  expect(stage.sandbox.count('AssumeRole')).toBe(1);
  const secrets = stage.sandbox.secrets();
  const found = [...filesUnder(stage.home.path), ...filesUnder(keyring.home)];
  expect(found.filter(([, text]) => secrets.some((secret) => text.includes(secret)))).toEqual([]);

  const logout = await stage.zsp(['logout', 'corp'], bus());
  expect(logout).toMatchObject({ status: 0, stdout: 'Signed out of corp.\n' });
  expect((await aws()).stderr).toContain('zsp login corp');
});

test.skipIf(here.skip)(
  `a locked keyring is exit 6, no reason to sign in, and no reason to fall back${here.why}`,
  async () => {
    expect((await stage.zsp(['login', 'corp', '--no-browser'], bus())).status).toBe(0);
    answerOf(await stage.credentials('deploy', bus()));
    keyring.lock();
    const asked = stage.sandbox.requests.length;
    const locked = await stage.credentials('deploy', bus());
    expect({ status: locked.status, stdout: locked.stdout }).toEqual({ status: 6, stdout: '' });
    expect(locked.stderr).toMatch(/^zsp: .*locked.*\nzsp: hint: .*unlock.*\n$/i);
    expect(stage.sandbox.requests).toHaveLength(asked);
  },
);

test.skipIf(here.skip)(`a keyring that is gone is exit 6, and is recorded still${here.why}`, async () => {
  const gone = await stage.credentials('deploy', { ...bus(), DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent/bus' });
  expect({ status: gone.status, stdout: gone.stdout }).toEqual({ status: 6, stdout: '' });
  expect(gone.stderr).toMatch(/^zsp: [^\n]+\nzsp: hint: [^\n]+\n$/);
});
