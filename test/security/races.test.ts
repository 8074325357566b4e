import { beforeEach, describe, expect, test } from 'vitest';
import { dropWindow, openWindow } from '../../src/broker/elevation';
import { inventory } from '../../src/broker/inventory';
import { issue } from '../../src/broker/issue';
import { credentialsName } from '../../src/broker/item-names';
import { logOut } from '../../src/broker/sign-out';
import { ZspError } from '../../src/errors';
import type { SecretStore } from '../../src/keychain/secret-store';
import type { LedgerEvent } from '../../src/ledger/event';
import { memoryStore } from '../support/memory-store';
import { corp, openStage, profile, role, type Stage, signedIn } from './twins';

const minute = 60_000;
const admin = { role: role('admin'), onTop: true };
const dev = profile('dev', { role: role('dev') });
const devName = credentialsName(dev);

let stage: Stage;
/** What happens, once, right after an item of this name was read. */
let afterReading: { name: string; step: () => Promise<unknown> } | undefined;
beforeEach(async () => {
  stage = openStage(watched(memoryStore()));
  await signedIn(stage);
});

function watched(store: SecretStore): SecretStore {
  return {
    ...store,
    async get(name) {
      const found = await store.get(name);
      const event = afterReading;
      if (event?.name === name) {
        afterReading = undefined;
        await event.step();
      }
      return found;
    },
  };
}

const unavailable = new ZspError('aws_unavailable', 'AWS did not answer', { remedy: 'wait' });

const names = async () => (await stage.world.items(corp)).names();

describe('an elevation that ends in the middle of a call', () => {
  test.each([
    [
      'by its time',
      async () => {
        stage.now += 31 * minute;
      },
    ],
    ['by zsp drop', () => stage.store.delete(devName)],
  ])('%s, is not lengthened by that call', async (_, end) => {
    await openWindow(stage.world, dev, { seconds: 3 * 3600, elevated: admin, adHoc: false });
    stage.now += 150 * minute;
    afterReading = { name: devName, step: end };
    await issue(stage.world, dev);
    expect(stage.assumed.at(-1)).toBe(role('dev').roleArn);
    expect((await (await stage.world.items(corp)).credentials(devName))?.elevated).toBeUndefined();
  });

  test('a call that saw the ended window does not remove the one that was opened meanwhile', async () => {
    const guarded = profile('guarded', { role: role('guarded'), elevationRequiredBy: 'guarded' });
    await openWindow(stage.world, guarded, { seconds: 900, adHoc: false });
    stage.now += 16 * minute;
    const reopen = () => openWindow(stage.world, guarded, { seconds: 900, adHoc: false });
    afterReading = { name: credentialsName(guarded), step: reopen };
    await issue(stage.world, guarded);
    await expect(issue(stage.world, guarded)).resolves.toBeDefined();
  });

  test('and a drop during a renewal leaves nothing behind', async () => {
    await openWindow(stage.world, dev, { seconds: 3 * 3600, elevated: admin, adHoc: false });
    stage.now += 58 * minute;
    let dropped: Promise<unknown> | undefined;
    stage.duringAssumeRole = async () => {
      dropped = dropWindow(stage.world, corp, devName);
      await new Promise(setImmediate);
    };
    await expect(issue(stage.world, dev)).rejects.toMatchObject({ code: 'elevation_required' });
    await dropped;
    expect(await names()).not.toContain(devName);
  });
});

describe('a logout in the middle of', () => {
  test.each([
    ['a first issue', () => issue(stage.world, dev)],
    ['an elevation', () => openWindow(stage.world, dev, { seconds: 900, adHoc: false })],
    ['an ad-hoc elevation', () => openWindow(stage.world, dev, { seconds: 900, elevated: admin, adHoc: true })],
  ])('%s leaves no credentials behind', async (_, call) => {
    stage.duringAssumeRole = () => logOut(stage.world, corp);
    await expect(call()).rejects.toMatchObject({ code: 'sign_in_required' });
    expect(await names()).toEqual([]);
  });

  test('an issue, between its last look at the sign-in and its writing, leaves no credentials behind', async () => {
    const name = 'sign-in:https://corp.awsapps.com/start:eu-west-1:aws';
    let loggedOut = false;
    const step = async () => {
      await logOut(stage.world, corp);
      loggedOut = true;
    };
    stage.duringAssumeRole = async () => {
      // Once the permission set's credentials are kept, the next look at the sign-in is the last before the writing.
      for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
      afterReading = { name, step };
    };
    await issue(stage.world, dev).catch(() => undefined);
    expect(loggedOut).toBe(true);
    expect((await inventory(stage.world, corp)).signIn).toBeUndefined();
    expect((await names()).filter((one) => one.startsWith('credentials:'))).toEqual([]);
  });
});

test('a call that ends before it has learned who signed in leaves nobody nameless after it', async () => {
  const { world } = stage;
  const users: (string | undefined)[] = [];
  const named = { ...world, record: async (event: LedgerEvent) => void users.push(event.user) };
  const unnamed = { ...named, sts: { ...world.sts, callerIdentity: async () => Promise.reject(unavailable) } };
  await signedIn(stage, 'bbbbbbbbbbbbbbbb', {});
  await expect(issue(unnamed, dev)).rejects.toBe(unavailable);
  expect(await names()).toContain('permission-set:bbbbbbbbbbbbbbbb:111122223333:Developer');
  await issue(named, dev);
  expect(users).toEqual(['alice']);
});

describe('no two things have one name in the keychain', () => {
  const at = (configFile: string, name: string, windowId?: string) => credentialsName({ configFile, name }, windowId);

  test.each([
    [
      'a window, and a profile that is called like one',
      at('/c', 'dev', '0123456789abcdef'),
      at('/c', 'dev:0123456789abcdef'),
    ],
    ['a colon in the path, and one in the profile', at('/c:a', 'b'), at('/c', 'a:b')],
    ['an escaped colon, and a real one', at('/c', 'a%3Ab'), at('/c', 'a:b')],
    ['two config files', at('/home/me/.aws/config', 'dev'), at('/work/repo/config', 'dev')],
  ])('%s', (_, one, other) => {
    expect(one).not.toBe(other);
  });

  test('and an ordinary name reads as it always did', () => {
    expect(at('/home/me/.aws/config', 'we ird/é')).toBe('credentials:/home/me/.aws/config:we ird/é');
  });
});
