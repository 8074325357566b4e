import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { answerOf, deploy, dev, type Keys, openStage, role, type Stage } from '../contract/stage';
import { needs } from '../support/needs';
import { type PrivateKeyring, privateKeyring } from '../support/private-keyring';
import type { Run } from '../support/zsp';
import { expectFailure, type Held, heldIn, type Verb, verbNames, verbs } from './held';

/** The shipped zsp on a Secret Service that goes away: before it is asked for anything, and while AWS answers. */

const here = needs('linux', 'dbus', 'gnome-keyring');

let stage: Stage;
let keyring: PrivateKeyring;
let absent: PrivateKeyring;
let denied: PrivateKeyring;
/** Called when AWS has carried out an operation, before its answer leaves. */
let carriedOut: (operation: string) => void = () => {};

const on = ({ env }: PrivateKeyring): Keys => ({
  ZSP_PASSPHRASE: '',
  DBUS_SESSION_BUS_ADDRESS: env.DBUS_SESSION_BUS_ADDRESS ?? '',
});
const held = (): Promise<Held> => heldIn('auto', { ...stage.env, ...on(keyring) });
const zsp = (verb: Verb, at = keyring): Promise<Run> => stage.zsp(verbs[verb], on(at));

beforeAll(async () => {
  if (here.skip) return;
  [stage, keyring, absent, denied] = await Promise.all([
    openStage({ observe: ({ operation }) => carriedOut(operation) }),
    privateKeyring(),
    privateKeyring({ daemon: 'absent' }),
    privateKeyring({ daemon: 'denied' }),
  ]);
  const other = { ...dev, zsp_sso_role_name: 'ReadOnly' };
  const admin = role('admin', { zsp_elevation: 'required' });
  stage.configure({ dev, deploy, other, admin }, { zsp_keychain: 'auto' });
});
afterAll(async () => {
  await stage?.close();
  for (const each of [keyring, absent, denied]) await each?.stop();
});

/** Signed in anew, with `dev` held and nothing else; AWS no longer takes the access token. */
beforeEach(async () => {
  if (here.skip) return;
  expect(await zsp('login')).toMatchObject({ status: 0 });
  answerOf(await stage.credentials('dev', on(keyring)));
  stage.sandbox.revokeToken();
});

describe.skipIf(here.skip)(`a Secret Service${here.why}`, () => {
  test.each<[string, { begin?(): void; end?(): void; at?(): PrivateKeyring }, RegExp]>([
    ['silent', { begin: () => keyring.silence(), end: () => keyring.resume() }, /did not answer in time\n/],
    ['locked', { begin: () => keyring.lock(), end: () => keyring.unlock() }, /is locked\n.*unlock it/],
    ['absent', { at: () => absent }, /is not running\n.*start the keyring/],
    ['denied', { at: () => denied }, /denied access\n.*allow zsp/],
  ])('that is %s is exit 6 for every verb, before AWS is asked, and over when it is over', async (_, fault, words) => {
    expect(await zsp('assume')).toMatchObject({ status: 0 });
    const before = await held();
    const asked = stage.sandbox.requests.length;
    fault.begin?.();
    for (const verb of verbNames) expectFailure(stage, await zsp(verb, fault.at?.()), 6, words);
    fault.end?.();
    expect(stage.sandbox.requests).toHaveLength(asked);
    expect(await held()).toEqual(before);
    for (const verb of verbNames) expect(await zsp(verb)).toMatchObject({ status: 0 });
  });

  /** Runs a verb; as soon as AWS has carried out the operation, something happens to the keyring. */
  async function disturbed(verb: Verb, operation: string, happens: () => void): Promise<Run> {
    let happened = false;
    carriedOut = (name) => {
      if (happened || name !== operation) return;
      happened = true;
      happens();
    };
    const run = await zsp(verb);
    expect(happened).toBe(true);
    return run;
  }

  test.each<[string, Verb, () => void, () => void]>([
    ['is locked', 'miss', () => keyring.lock(), () => keyring.unlock()],
    ['is locked', 'exec', () => keyring.lock(), () => keyring.unlock()],
    ['falls silent', 'miss', () => keyring.silence(), () => keyring.resume()],
  ])('that %s while AWS assumes a role costs nobody his answer (%s)', async (_, verb, begin, end) => {
    const before = await held();
    const run = await disturbed(verb, 'AssumeRole', begin);
    end();
    expect(run).toMatchObject({ status: 0, stderr: '' });
    const given = keyOf(run);
    expect(given).toMatch(/^ASIA/);
    expect(await held()).toEqual(before);
    const next = keyOf(await zsp(verb));
    expect(next).not.toBe(given);
    expect(keyOf(await zsp(verb))).toBe(next);
    await expectSoundLedger();
  });

  test('that is locked while AWS ends the sign-in holds nothing of it any more, and says that it is locked', async () => {
    expect(await zsp('assume')).toMatchObject({ status: 0 });
    const run = await disturbed('logout', 'Logout', () => keyring.lock());
    keyring.unlock();
    expectFailure(stage, run, 6, /is locked\n.*unlock it/);
    expect(await held()).toEqual({});
    expectFailure(stage, await zsp('miss'), 4, /\n.*zsp login corp/);
    expect(await zsp('login')).toMatchObject({ status: 0 });
    expect(await zsp('logout')).toMatchObject({ status: 0 });
    await expectSoundLedger();
  });

  test.each<[Verb, string]>([
    ['assume', 'AssumeRole'],
    ['login', 'CreateToken'],
  ])('that is locked while AWS answers %s keeps what it held, and the next one succeeds', async (verb, operation) => {
    const before = await held();
    const run = await disturbed(verb, operation, () => keyring.lock());
    keyring.unlock();
    // What a person was told on the way comes first.
    const failure = { ...run, stderr: run.stderr.slice(run.stderr.indexOf('zsp: ')) };
    expectFailure(stage, failure, 6, /is locked\n.*unlock it/);
    expect(await held()).toEqual(before);
    expect(await zsp(verb)).toMatchObject({ status: 0 });
    await expectSoundLedger();
  });

  test('that is locked while AWS rotates the refresh token asks for a sign-in, and for nothing else', async () => {
    const before = await held();
    const run = await disturbed('refresh', 'CreateToken', () => keyring.lock());
    keyring.unlock();
    expectFailure(stage, run, 6, /is locked\n.*unlock it/);
    expect(await held()).toEqual(before);
    expectFailure(stage, await zsp('refresh'), 4, /has ended\n.*zsp login corp/);
    answerOf(await zsp('miss'));
    expect(await zsp('login')).toMatchObject({ status: 0 });
    answerOf(await zsp('refresh'));
    await expectSoundLedger();
  });
});

/** Whose secret key the client or the command was given. */
function keyOf({ stdout }: Run): string | undefined {
  return /ASIA\w+/.exec(stdout)?.[0];
}

async function expectSoundLedger(): Promise<void> {
  expect(await stage.zsp(['history', 'verify'], on(keyring))).toMatchObject({ status: 0 });
}
