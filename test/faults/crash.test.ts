import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { deploy, dev, openStage, type Stage } from '../contract/stage';
import { needs } from '../support/needs';
import { privateKeyring } from '../support/private-keyring';
import { launcher, type Run } from '../support/zsp';

/** kill -9 at every step that writes: afterwards every verb works, and the ledger verifies. */

/** With `node --require`: the process kills itself in place of its KILL_AT-th step that others could see, or that must last. */
const killer = `
const fs = require('node:fs');
let left = Number(process.env.KILL_AT);
for (const name of ['fsyncSync', 'renameSync', 'linkSync', 'rmSync', 'truncateSync']) {
  const real = fs[name];
  fs[name] = (...given) => {
    const isTidying = name === 'rmSync' && !String(given[0]).endsWith('.sealed');
    if (!isTidying && --left === 0) process.kill(process.pid, 'SIGKILL');
    return real(...given);
  };
}`;

let stage: Stage;
let probe: string;
const admin = {
  region: 'eu-west-1',
  zsp_source_profile: 'dev',
  zsp_role_arn: 'arn:aws:iam::444455556666:role/admin',
  zsp_elevation: 'required',
};

beforeAll(async () => {
  stage = await openStage();
  probe = stage.home.write('killer.cjs', killer);
});
afterAll(() => stage.close());

const assume = ['assume', 'admin', '--duration', '20m'];
const login = ['login', 'corp', '--no-browser'];
let round = 0;

/** Nothing is held for `deploy`. */
async function mintable(): Promise<void> {
  round += 1;
  stage.configure({ dev, deploy: { ...deploy, zsp_role_session_name: `round-${round}` }, admin });
}

const verbs: readonly [string, readonly string[], () => Promise<unknown>][] = [
  ['login', [...login, '--force'], mintable],
  [
    'a refresh and a mint',
    ['credential-process', '--profile', 'deploy'],
    async () => {
      await mintable();
      // Of a new sign-in nothing is held yet, so the dead token is needed.
      expectOk(await stage.zsp([...login, '--force']));
      stage.sandbox.revokeToken();
    },
  ],
  ['assume', assume, mintable],
  [
    'drop',
    ['drop', 'admin'],
    async () => {
      await mintable();
      await stage.zsp(assume);
    },
  ],
];

test.each(verbs)(
  'killed at any write of %s, zsp goes on',
  async (_verb, args, prepare) => {
    await mintable();
    await stage.zsp(login);
    for (let at = 1; ; at++) {
      await prepare();
      const run = await stage.zsp(args, { NODE_OPTIONS: `--require ${probe}`, KILL_AT: String(at) });
      if (run.status !== null) {
        expect(run).toMatchObject({ status: 0 });
        expect(at).toBeGreaterThan(3);
        return;
      }
      await expectSound();
    }
  },
  120_000,
);

/** A refresh token that AWS took and whose successor was never stored asks for a sign-in; nothing else may. */
async function expectSound(): Promise<void> {
  const served = await stage.zsp(['credential-process', '--profile', 'deploy']);
  if (served.status !== 0) {
    expect(served.status).toBe(4);
    expectOk(await stage.zsp(login));
    expectOk(await stage.zsp(['credential-process', '--profile', 'deploy']));
  }
  expectOk(await stage.zsp(['history', 'verify']));
}

function expectOk(run: Run): void {
  if (run.status !== 0) throw new Error(`ended with ${run.status}: ${run.stderr}`);
}

test('and every verb works in the end', async () => {
  await mintable();
  for (const args of [login, assume, ['drop', 'admin'], ['status'], ['whoami', 'dev'], ['logout', 'corp']]) {
    expectOk(await stage.zsp(args));
  }
  expectOk(await stage.zsp(['history', 'verify']));
});

const here = needs('linux', 'dbus', 'gnome-keyring');

/** Loads the binding as zsp does. */
const nativeEntry = join(launcher, '../../dist/keychain/native-entry.js');

/** The same in place of, or right after (KILL_AFTER), the KILL_AT-th change of the Secret Service. */
const keyringKiller = `
const { AsyncEntry } = require(process.env.NATIVE_ENTRY).loadBinding();
let left = Number(process.env.KILL_AT);
const kill = () => process.kill(process.pid, 'SIGKILL');
for (const name of ['setPassword', 'deletePassword']) {
  const real = AsyncEntry.prototype[name];
  AsyncEntry.prototype[name] = async function (...given) {
    const here = --left === 0;
    if (here && !process.env.KILL_AFTER) kill();
    const answer = await real.apply(this, given);
    if (here) kill();
    return answer;
  };
}`;

test.skipIf(here.skip).each(verbs.filter(([verb]) => verb === 'assume' || verb === 'a refresh and a mint'))(
  `killed at any change of the Secret Service by %s, zsp goes on${here.why}`,
  async (_verb, args, prepare) => {
    const [keyring, own] = await Promise.all([privateKeyring(), openStage()]);
    const before = stage;
    const bus = { ZSP_PASSPHRASE: '', DBUS_SESSION_BUS_ADDRESS: keyring.env.DBUS_SESSION_BUS_ADDRESS ?? '' };
    const preload = own.home.write('keyring-killer.cjs', keyringKiller);
    try {
      stage = {
        ...own,
        configure: (profiles) => own.configure(profiles, { zsp_keychain: 'secret-service' }),
        zsp: (more, env) => own.zsp(more, { ...bus, ...env }),
      };
      await mintable();
      expectOk(await stage.zsp(login));
      let at = 1;
      for (let ended = false; !ended; at++) {
        await prepare();
        const env = { NODE_OPTIONS: `--require ${preload}`, NATIVE_ENTRY: nativeEntry };
        const after = at % 2 === 0 ? { KILL_AFTER: '1' } : {};
        const run = await stage.zsp(args, { ...env, ...after, KILL_AT: String(Math.ceil(at / 2)) });
        ended = run.status !== null;
        if (ended) expect(run).toMatchObject({ status: 0 });
        else await expectSound();
      }
      expect(at).toBeGreaterThan(6);
    } finally {
      stage = before;
      await own.close();
      await keyring.stop();
    }
  },
);
