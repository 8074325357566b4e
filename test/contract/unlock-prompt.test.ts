import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { needs } from '../support/needs';
import { type PrivateKeyring, privateKeyring } from '../support/private-keyring';
import { answerOf, dev, openStage, type Stage } from './stage';

/** A locked keyring asks its user, who may be away: no call waits for ever. */

const keyring = needs('linux', 'dbus', 'gnome-keyring');
const posix = needs('posix');

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.close());

/** Longer than any client waits for a credential-process. */
const tooLong = 20_000;

test.skipIf(keyring.skip)(
  `an unlock prompt that nobody answers is exit 6 in time, held or not, and once unlocked all is well${keyring.why}`,
  async () => {
    // To gnome-keyring, and so to zsp, a prompter that never gets ready is a prompt that stays open.
    const home: PrivateKeyring = await privateKeyring({ prompter: '/bin/sh -c "exec sleep 300"' });
    try {
      stage.configure({ dev, other: dev }, { zsp_keychain: 'auto' });
      const bus = { ZSP_PASSPHRASE: '', DBUS_SESSION_BUS_ADDRESS: home.env.DBUS_SESSION_BUS_ADDRESS ?? '' };
      expect((await stage.zsp(['login', 'corp', '--no-browser'], bus)).status).toBe(0);
      const held = answerOf(await stage.credentials('dev', bus));

      home.lock();
      const asked = stage.sandbox.requests.length;
      const calls = ['dev', 'dev', 'other'].map((name) => stage.credentials(name, bus, tooLong));
      for (const run of await Promise.all([...calls, stage.zsp(['whoami', 'dev'], bus, tooLong)])) {
        expect({ status: run.status, stdout: run.stdout }).toEqual({ status: 6, stdout: '' });
        expect(run.stderr).toMatch(/^zsp: the Secret Service keyring did not answer in time\nzsp: hint: .*prompt.*\n$/);
      }
      expect(stage.sandbox.requests).toHaveLength(asked);

      home.unlock();
      expect(answerOf(await stage.credentials('dev', bus))).toEqual(held);
    } finally {
      await home.stop();
    }
  },
  60_000,
);

test.skipIf(keyring.skip)(
  `an unlock prompt that is sent away is not shown again${keyring.why}`,
  async () => {
    const home = await privateKeyring({ prompter: '/bin/sh -c "echo asked >> $HOME/prompts; exit 1"' });
    try {
      stage.configure({ dev }, { zsp_keychain: 'auto' });
      const bus = { ZSP_PASSPHRASE: '', DBUS_SESSION_BUS_ADDRESS: home.env.DBUS_SESSION_BUS_ADDRESS ?? '' };
      expect((await stage.zsp(['login', 'corp', '--no-browser'], bus)).status).toBe(0);
      answerOf(await stage.credentials('dev', bus));
      home.lock();
      const { status, stderr } = await stage.credentials('dev', bus);
      expect([status, stderr]).toEqual([6, expect.stringContaining('zsp: the Secret Service keyring is locked\n')]);
      expect(readFileSync(join(home.home, 'prompts'), 'utf8')).toBe('asked\n');
    } finally {
      await home.stop();
    }
  },
  30_000,
);

test.skipIf(posix.skip)(
  `a keychain's call that cannot be ended does not keep the process either${posix.why}`,
  async () => {
    const never = join(stage.home.path, 'never');
    execFileSync('mkfifo', [never]);
    // A thread of Node's that waits for somebody to write, as one waits for a prompt.
    const preload = stage.home.write('stuck.cjs', `require('node:fs').open(${JSON.stringify(never)}, 'r', () => {});`);
    stage.configure({ dev });
    await stage.login();
    const started = Date.now();
    const stuck = { ZSP_PASSPHRASE: '', NODE_OPTIONS: `--require ${preload}` };
    const run = await stage.credentials('dev', stuck, tooLong);
    expect(Date.now() - started).toBeLessThan(tooLong);
    expect(run).toMatchObject({ status: null, stdout: '' });
    expect(run.stderr).toMatch(/^zsp: there is no terminal to ask for [^\n]+\nzsp: hint: [^\n]+\n$/);
  },
  30_000,
);
