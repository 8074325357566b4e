import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createAws } from '../../src/aws/aws';
import { dropWindow, openWindow } from '../../src/broker/elevation';
import { issue } from '../../src/broker/issue';
import { createItems } from '../../src/broker/items';
import { logIn } from '../../src/broker/sign-in';
import { logOut } from '../../src/broker/sign-out';
import type { World } from '../../src/broker/world';
import type { SecretStore } from '../../src/keychain/secret-store';
import { createLease } from '../../src/lock/lease';
import { createLock } from '../../src/lock/lock';
import type { Profile } from '../../src/profile/profile';
import { resolveProfile } from '../../src/profile/resolve';
import { memoryStore } from '../support/memory-store';
import { needs } from '../support/needs';
import { removeDirectory } from '../support/remove-directory';
import { openScene, type Scene } from './scene';

let scene: Scene;
let locks: string;
beforeAll(async () => {
  scene = await openScene({ lifetimes: { intervalSeconds: 0 } });
  locks = mkdtempSync(join(tmpdir(), 'zsp-races-'));
});
afterAll(async () => {
  await scene?.close();
  removeDirectory(locks);
});

const soon = () => sleep(Math.random() * 3);

/** A keychain that takes its time, as all do: only so do two callers come between each other's steps. */
function slowStore(): SecretStore & { names(): Promise<readonly string[]> } {
  const store = memoryStore();
  const written = new Set<string>();
  return {
    get: (account) => soon().then(() => store.get(account)),
    set: (account, value) => {
      written.add(account);
      return soon().then(() => store.set(account, value));
    },
    delete: (account) => soon().then(() => store.delete(account)),
    async names() {
      const found = await Promise.all([...written].map(async (name) => ((await store.get(name)) ? [name] : [])));
      return found.flat();
    },
  };
}

/** The broker with real adapters, a keychain of its own, and a user who confirms at once. */
function newWorld(store: SecretStore): World {
  const env = { ...scene.home.env };
  const lock = createLock({ directory: join(locks, randomBytes(4).toString('hex')), waitMilliseconds: 10_000 });
  const aws = createAws({ env, now: Date.now });
  const items = createItems(store, lock);
  return {
    clock: { now: Date.now, sleep: () => sleep(1) },
    items: async () => items,
    lock,
    lease: createLease({ directory: locks }),
    signIn: aws.signIn,
    portal: aws.portal,
    sts: aws.sts,
    skew: aws.skew,
    record: soon,
    newId: () => randomBytes(8).toString('hex'),
  };
}

const hour = { seconds: 3600, adHoc: false };

interface Race {
  /** Before the race: what is held. */
  readonly held: (world: World, profile: Profile) => Promise<unknown>;
  readonly flight: (world: World, profile: Profile, held: unknown) => Promise<unknown>;
  readonly end: (world: World, profile: Profile) => Promise<unknown>;
  readonly profile: string;
  /** Milliseconds within which the flight is over as a rule. */
  readonly spread: number;
}

const name = (profile: Profile) => `credentials:${profile.configFile}:${profile.name}`;
const open = (world: World, profile: Profile) => openWindow(world, profile, hour);
const renew = (world: World, profile: Profile, held: unknown) =>
  issue(world, profile, { refused: (held as { session: never }).session });
const firstIssue = (world: World, profile: Profile) => issue(world, profile);
const drop = (world: World, profile: Profile) => dropWindow(world, profile.ssoSession, name(profile));
const logout = (world: World, profile: Profile) => logOut(world, profile.ssoSession);

const races: readonly (readonly [string, number, Race])[] = [
  ['a renewal and a drop', 40, { profile: 'admin', spread: 40, held: open, flight: renew, end: drop }],
  ['a renewal and a logout', 30, { profile: 'admin', spread: 40, held: open, flight: renew, end: logout }],
  ['an opening and a logout', 30, { profile: 'admin', spread: 150, held: async () => {}, flight: open, end: logout }],
  [
    'a first issue and a logout',
    30,
    { profile: 'deploy', spread: 120, held: async () => {}, flight: firstIssue, end: logout },
  ],
];

test.each(races)('%s, %i times: nothing comes back', async (_, times, race) => {
  const profile = resolveProfile(race.profile, scene.home.env);
  const outcomes = { served: 0, refused: 0 };
  for (let round = 0; round < times; round++) {
    const store = slowStore();
    const world = newWorld(store);
    await logIn(world, profile.ssoSession, { force: true, showCode: () => {} });
    const held = await race.held(world, profile);
    Object.assign(scene.sandbox.options, { latencyMs: Math.random() * 10 });
    const flight = race.flight(world, profile, held).then(
      () => 'served' as const,
      (error: { code?: string }) => {
        expect(error.code).toMatch(/^(elevation_required|sign_in_required)$/);
        return 'refused' as const;
      },
    );
    await sleep(Math.random() * race.spread);
    await race.end(world, profile);
    outcomes[await flight] += 1;
    Object.assign(scene.sandbox.options, { latencyMs: 0 });
    const left = (await store.names()).filter((one) => /^(credentials|permission-set|sign-in):/.test(one));
    expect(left.filter((one) => race.end === logout || one.startsWith('credentials:'))).toEqual([]);
  }
  // The races were races: each side came first now and then.
  expect(outcomes).toEqual({ served: expect.any(Number), refused: expect.any(Number) });
  expect(Math.min(outcomes.served, outcomes.refused)).toBeGreaterThan(0);
});

const { skip, why } = needs('faketime');

test.skipIf(skip)(`ten processes that renew while another drops the window leave nothing open${why}`, async () => {
  for (let round = 0; round < 5; round++) {
    await scene.zsp('assume', 'admin', '--duration', '4h');
    scene.pass(58 * 60);
    Object.assign(scene.sandbox.options, { latencyMs: Math.random() * 200 });
    const clients = [1, 2].map(() => scene.zsp('credential-process', '--profile', 'admin'));
    await sleep(Math.random() * 300);
    expect((await scene.zsp('drop', 'admin')).stdout).toBe('Dropped: admin is no longer elevated.\n');
    for (const { status } of await Promise.all(clients)) expect([0, 8]).toContain(status);
    Object.assign(scene.sandbox.options, { latencyMs: 0 });
    expect((await scene.zsp('credential-process', '--profile', 'admin')).status).toBe(8);
  }
});
