import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  deactivate,
  findStatic,
  type KeysWorld,
  remove,
  replace,
  rollBack,
  secretName,
} from '../../src/keys/migration';
import { createRetiredKeys, type RetiredKey } from '../../src/keys/retired-keys';
import { Secret } from '../../src/secret';
import { memoryStore } from '../support/memory-store';
import { removeDirectory } from '../support/remove-directory';
import { makeKeyId, makeSecret } from './made-up';

const accessKeyId = makeKeyId('AKIA', '111122223333');
const secret = makeSecret('interrupted');
const config = `[sso-session corp]
sso_start_url = https://corp.awsapps.com/start
sso_region = eu-west-1
[profile dev]
zsp_sso_session = corp
zsp_sso_account_id = 111122223333
zsp_sso_role_name = Developer
`;
const credentials = `[legacy]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secret}\n`;

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'zsp-migration-'));
});
afterEach(() => removeDirectory(home));

/** A world whose every step is counted, and in which the one numbered `fatal` does not happen, nor anything after it. */
function worldThatDies() {
  writeFileSync(join(home, 'config'), config);
  writeFileSync(join(home, 'credentials'), credentials);
  const store = memoryStore();
  const key = { status: 'Active' as 'Active' | 'Inactive' | 'gone' };
  const life = { left: Number.POSITIVE_INFINITY };
  const step = () => {
    life.left -= 1;
    if (life.left < 0) throw new Error('killed');
  };
  const retired = createRetiredKeys(join(home, 'state', 'retired.json'));
  const world: KeysWorld = {
    env: { HOME: home, AWS_CONFIG_FILE: join(home, 'config'), AWS_SHARED_CREDENTIALS_FILE: join(home, 'credentials') },
    now: () => Date.parse('2026-01-02T03:04:05Z'),
    iam: {
      lastUse: async () => ({ userName: 'legacy-ci' }),
      async setStatus(_at, _caller, _key, status) {
        step();
        key.status = status;
      },
      async remove() {
        step();
        key.status = 'gone';
      },
    },
    retired: {
      all: retired.all,
      put(one) {
        step();
        retired.put(one);
      },
      remove(id) {
        step();
        retired.remove(id);
      },
    },
    async secrets() {
      step();
      return store;
    },
    async credentials() {
      step();
      const session = {
        accessKeyId: 'ASIA',
        secretAccessKey: new Secret('x'),
        sessionToken: new Secret('y'),
        issuedAt: 0,
        expiration: 1,
        accountId: '111122223333',
      };
      return { session, endpoints: { origin: 'aws', oidc: '', portal: '', sts: () => '' } };
    },
    processLine: (name) => `/node /zsp.js credential-process --profile ${name}`,
    async record() {
      step();
    },
  };
  return { world, life, key, store };
}

const file = (name: string) => readFileSync(join(home, name), 'utf8');
const planned: RetiredKey = {
  accessKeyId,
  userName: 'legacy-ci',
  profile: 'legacy',
  replacedBy: 'dev',
  iamProfile: 'dev',
  added: ['credential_process', 'zsp_sso_session', 'zsp_sso_account_id', 'zsp_sso_role_name'],
};

/** What a run does: it goes on where the list of retired keys says. */
async function run(world: KeysWorld, wanted: 'deactivated' | 'deleted' | 'back'): Promise<void> {
  let [key] = world.retired.all();
  if (wanted !== 'deactivated') {
    if (key) await (wanted === 'deleted' ? remove : rollBack)(world, key);
    return;
  }
  key ??= planned;
  if (key.deactivatedAt) return;
  await replace(world, key);
  await deactivate(world, key);
}

describe('killed at any step, and run again', () => {
  const steps = [0, 1, 2, 3, 4, 5, 6, 7, 8];

  test.each(steps)('a key is deactivated all the same (step %i)', async (fatal) => {
    const { world, life, key, store } = worldThatDies();
    life.left = fatal;
    await run(world, 'deactivated').catch(() => {});
    life.left = Number.POSITIVE_INFINITY;
    // Wherever it died, the secret is in the file, in the keychain, or both.
    const held = await store.get(secretName(accessKeyId));
    expect(findStatic(world).length === 1 || held?.open() === secret).toBe(true);
    await run(world, 'deactivated');
    expect(key.status).toBe('Inactive');
    expect(world.retired.all()).toMatchObject([{ accessKeyId, deactivatedAt: '2026-01-02T03:04:05.000Z' }]);
    expect(file('credentials')).toBe('');
    expect((await store.get(secretName(accessKeyId)))?.open()).toBe(secret);
  });

  test.each(steps)('a key is deleted all the same (step %i)', async (fatal) => {
    const { world, life, key, store } = worldThatDies();
    await run(world, 'deactivated');
    life.left = fatal;
    await run(world, 'deleted').catch(() => {});
    life.left = Number.POSITIVE_INFINITY;
    await run(world, 'deleted');
    expect(key.status).toBe('gone');
    expect(world.retired.all()).toEqual([]);
    expect(await store.get(secretName(accessKeyId))).toBeUndefined();
  });

  test.each(steps)('a key is back all the same (step %i)', async (fatal) => {
    const { world, life, key } = worldThatDies();
    await run(world, 'deactivated');
    life.left = fatal;
    await run(world, 'back').catch(() => {});
    life.left = Number.POSITIVE_INFINITY;
    await run(world, 'back');
    expect(key.status).toBe('Active');
    expect([file('config').trimEnd(), file('credentials')]).toEqual([config.trimEnd(), credentials]);
    expect(world.retired.all()).toEqual([]);
  });
});
