import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Lock } from '../../src/broker/ports';
import { nativeStore } from '../../src/keychain/binding';
import { sealed } from '../../src/keychain/sealed';
import { dataKeyAccount } from '../../src/keychain/sealed-file';
import type { SecretStore } from '../../src/keychain/secret-store';
import { Secret } from '../../src/secret';
import { compile } from '../support/compiled';
import { needs } from '../support/needs';
import { removeDirectory } from '../support/remove-directory';
import { storeContract } from './contract';
import { elsewhere } from './other-process';

const linux = needs('linux');
const kernel =
  linux.skip || allowed() ? linux : { skip: true, why: ' (skipped: needs a kernel keyring, keyctl is denied here)' };
const when = test.skipIf(kernel.skip);
const noLock: Lock = (_name, work) => work();

describe('the kernel keyring', () => {
  const store = nativeStore('kernel');
  storeContract(() => store, { ...kernel, largest: 1_000 });

  when(`that has no room left is storage_failed${kernel.why}`, async () => {
    await expect(store.set('test:too-large', new Secret('x'.repeat(65_536)))).rejects.toMatchObject({
      code: 'storage_failed',
      message: 'the kernel keyring has no room left',
    });
  });
});

describe('items sealed under a key in the kernel keyring', () => {
  const directory = mkdtempSync(join(tmpdir(), 'zsp-kernel-'));
  const keys = apart(nativeStore('kernel'));
  afterAll(async () => {
    removeDirectory(directory);
    if (!kernel.skip) await keys.delete(dataKeyAccount);
  });

  storeContract(() => sealed(keys, join(directory, 'sealed'), noLock), kernel);
});

/** The data key of this user's own kernel keychain is never replaced here, and deleted only where these tests made it. */
describe('the kernel keychain as it is shipped', () => {
  const own = nativeStore('kernel');
  let before: Secret | undefined;
  let compiled: ReturnType<typeof compile>;
  let env: NodeJS.ProcessEnv;
  beforeAll(async () => {
    if (kernel.skip) return;
    before = await own.get(dataKeyAccount);
    compiled = compile();
    const home = mkdtempSync(join(tmpdir(), 'zsp-kernel-'));
    env = { PATH: process.env.PATH, HOME: home, XDG_RUNTIME_DIR: home };
  });
  afterAll(async () => {
    compiled?.remove();
    if (env?.HOME) removeDirectory(env.HOME);
    if (!kernel.skip && !before) await own.delete(dataKeyAccount);
  });

  when(`auto takes it where there is no session bus${kernel.why}`, async () => {
    const auto = `return (await openKeychain({ choice: 'auto', env, lock })).backend;`;
    expect(await elsewhere(compiled.directory, env, auto)).toEqual({ value: 'kernel' });
  });

  when(
    `first uses at once in several processes end with one data key, and the hit path reads${kernel.why}`,
    async () => {
      const names = ['a', 'b', 'c', 'd'];
      const set = (name: string) =>
        `await (await openKeychain({ choice: 'kernel', env, lock })).store.set('${name}', new Secret('of ${name}'));`;
      const outcomes = await Promise.all(names.map((name) => elsewhere(compiled.directory, env, set(name))));
      expect(outcomes).toEqual(names.map(() => ({})));
      const hits = `return Promise.all(${JSON.stringify(names)}.map(async (name) => (await readItemNow('kernel', name, env)) ?? 'miss'));`;
      expect(await elsewhere(compiled.directory, env, hits)).toEqual({ value: names.map((name) => `of ${name}`) });
    },
  );
});

/** The same store under names of our own. */
function apart(store: SecretStore): SecretStore {
  const ours = (account: string) => `test:${process.pid}:${account}`;
  return {
    get: (account) => store.get(ours(account)),
    set: (account, value) => store.set(ours(account), value),
    delete: (account) => store.delete(ours(account)),
  };
}

/** Containers often forbid keyctl. */
function allowed(): boolean {
  const tried = `const { Entry } = require('@napi-rs/keyring');
    const entry = () => new Entry('zsp', 'test:allowed', { linux: { store: 'keyutils' } });
    try { entry().getPassword(); } catch {}
    entry().setPassword('x');
    entry().deletePassword();`;
  return spawnSync(process.execPath, ['-e', tried], { cwd: join(__dirname, '../..') }).status === 0;
}
