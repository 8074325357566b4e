import {
  chmodSync,
  chownSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import type { Lock } from '../../src/broker/ports';
import { sealed } from '../../src/keychain/sealed';
import { dataKeyAccount, seal, sealedPath, unseal } from '../../src/keychain/sealed-file';
import type { SecretStore } from '../../src/keychain/secret-store';
import { Secret } from '../../src/secret';
import { fuzz } from '../support/fuzz';
import { memoryStore } from '../support/memory-store';
import { needs } from '../support/needs';
import { removeDirectory } from '../support/remove-directory';
import { storeContract } from './contract';

const noLock: Lock = (_name, work) => work();
const roots: string[] = [];
const posix = needs('posix');
const root = needs('root');

function freshDirectory(): string {
  const made = mkdtempSync(join(tmpdir(), 'zsp-sealed-'));
  roots.push(made);
  return join(made, 'sealed');
}

afterAll(() => {
  for (const made of roots) removeDirectory(made);
});

describe('a sealed store', () => {
  const directory = freshDirectory();
  const keys = memoryStore();
  storeContract(() => sealed(keys, directory, noLock));
});

describe('sealed files', () => {
  let directory: string;
  let keys: SecretStore;
  let store: SecretStore;
  beforeEach(() => {
    directory = freshDirectory();
    keys = memoryStore();
    store = sealed(keys, directory, noLock);
  });
  const value = new Secret('FwoGZXIvYXdzEXAMPLETOKEN');

  test('hold nothing of the value, the account name, nor the data key', async () => {
    await store.set('credentials:corp', value);
    const key = (await keys.get(dataKeyAccount))?.open() ?? '';
    for (const name of readdirSync(directory)) {
      const all = Buffer.concat([Buffer.from(name), readFileSync(join(directory, name))]);
      for (const text of ['FwoGZXIv', 'EXAMPLETOKEN', 'corp', key]) expect(all.includes(text)).toBe(false);
      expect(all.includes(Buffer.from(key, 'base64'))).toBe(false);
    }
  });

  test.skipIf(posix.skip)(`are 0600 in a 0700 directory, and no temporary file stays${posix.why}`, async () => {
    await store.set('a', value);
    await store.set('a', value);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(readdirSync(directory)).toHaveLength(1);
    expect(statSync(sealedPath(directory, 'a')).mode & 0o777).toBe(0o600);
  });

  test.skipIf(posix.skip)(`make a directory that others may read private again${posix.why}`, async () => {
    await store.set('a', value);
    chmodSync(directory, 0o755);
    expect((await store.get('a'))?.open()).toBe(value.open());
    expect(statSync(directory).mode & 0o777).toBe(0o700);
  });

  test('are absent once the data key is deleted, and a new key serves from then on', async () => {
    await store.set('a', value);
    await keys.delete(dataKeyAccount);
    expect(await store.get('a')).toBeUndefined();
    await store.set('b', value);
    expect(await store.get('a')).toBeUndefined();
    expect((await store.get('b'))?.open()).toBe(value.open());
  });

  test('are absent where one bit is another', async () => {
    await store.set('a', value);
    const path = sealedPath(directory, 'a');
    const bytes = readFileSync(path);
    for (const [index, byte] of bytes.entries()) {
      const flipped = Buffer.from(bytes);
      flipped[index] = byte ^ 1;
      writeFileSync(path, flipped);
      expect(await store.get('a')).toBeUndefined();
    }
  });

  test('are absent when two of them are exchanged', async () => {
    await store.set('a', value);
    await store.set('b', new Secret('other'));
    const [a, b] = [sealedPath(directory, 'a'), sealedPath(directory, 'b')];
    renameSync(a, `${a}.aside`);
    renameSync(b, a);
    renameSync(`${a}.aside`, b);
    expect([await store.get('a'), await store.get('b')]).toEqual([undefined, undefined]);
  });

  test('never use the same IV twice', async () => {
    await store.set('a', value);
    const before = readFileSync(sealedPath(directory, 'a'));
    await store.set('a', value);
    expect(readFileSync(sealedPath(directory, 'a')).subarray(1, 13)).not.toEqual(before.subarray(1, 13));
  });

  test('are opened by whoever lost the race for the first key', async () => {
    const slowKeys: SecretStore = {
      ...keys,
      get: async (account) => {
        const found = await keys.get(account);
        await new Promise((next) => setTimeout(next, 20));
        return found;
      },
    };
    const lock = oneAtATime();
    const stores = ['a', 'b', 'c'].map(() => sealed(slowKeys, directory, lock));
    await Promise.all(stores.map((each, index) => each.set(`item ${index}`, value)));
    for (const index of [0, 1, 2]) expect((await store.get(`item ${index}`))?.open()).toBe(value.open());
  });

  test('replace a data key that is none', async () => {
    await keys.set(dataKeyAccount, new Secret('too short'));
    expect(await store.get('a')).toBeUndefined();
    await store.set('a', value);
    expect((await store.get('a'))?.open()).toBe(value.open());
  });

  test('pass on that the keychain is locked, as an error and not as absence', async () => {
    await store.set('a', value);
    const locked = sealed({ ...keys, get: () => Promise.reject(new Error('locked')) }, directory, noLock);
    await expect(locked.get('a')).rejects.toThrow('locked');
    await expect(locked.set('a', value)).rejects.toThrow('locked');
  });

  test.skipIf(posix.skip)(`are refused in a directory that is a symbolic link${posix.why}`, async () => {
    await store.set('a', value);
    const link = join(freshDirectory(), '..', 'link');
    symlinkSync(directory, link);
    const linked = sealed(keys, link, noLock);
    for (const use of [() => linked.get('a'), () => linked.set('a', value), () => linked.delete('a')]) {
      await expect(use()).rejects.toMatchObject({ code: 'storage_failed' });
    }
  });

  test.skipIf(root.skip)(`are refused in another user's directory${root.why}`, async () => {
    await store.set('a', value);
    chownSync(directory, 65534, 65534);
    await expect(store.get('a')).rejects.toMatchObject({ code: 'storage_failed' });
    await expect(store.set('a', value)).rejects.toMatchObject({ code: 'storage_failed' });
  });

  test('are refused where the directory cannot be made', async () => {
    writeFileSync(directory, 'a file stands here');
    await expect(store.set('a', value)).rejects.toMatchObject({ code: 'storage_failed', remedy: expect.any(String) });
  });
});

describe('unseal', () => {
  const key = Buffer.alloc(32, 7);

  test('fuzz: opens exactly what seal sealed for that account', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (text, account) => {
        expect(unseal(key, account, seal(key, account, text))).toBe(text);
        expect(unseal(key, `${account}'`, seal(key, account, text))).toBeUndefined();
      }),
      fuzz(),
    );
  });

  test('fuzz: any other bytes are nothing, and no error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.boolean(), (bytes, versioned) => {
        const sealedBytes = Buffer.from(versioned ? [1, ...bytes] : bytes);
        expect(unseal(key, 'a', sealedBytes)).toBeUndefined();
      }),
      fuzz(),
    );
  });
});

function oneAtATime(): Lock {
  let last: Promise<unknown> = Promise.resolve();
  return (_name, work) => {
    const next = last.then(work);
    last = next.catch(() => undefined);
    return next;
  };
}
