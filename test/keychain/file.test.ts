import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Lock } from '../../src/broker/ports';
import { openKeychain, recordBackend } from '../../src/keychain/choice';
import { sealedDirectory } from '../../src/keychain/sealed-file';
import type { SecretStore } from '../../src/keychain/secret-store';
import { parseWrappedKey, unwrapKey, wrapKey, wrappedKeyPath } from '../../src/keychain/wrapped-key';
import { Secret } from '../../src/secret';
import { compile } from '../support/compiled';
import { fuzz } from '../support/fuzz';
import { needs } from '../support/needs';
import { removeDirectory } from '../support/remove-directory';
import { storeContract } from './contract';
import { elsewhere } from './other-process';

const unused: Lock = () => Promise.reject(new Error('a prompt must not be asked under a lock'));
const posix = needs('posix');
const homes: string[] = [];

function freshEnv(passphrase?: string): Record<string, string> {
  const home = mkdtempSync(join(tmpdir(), 'zsp-file-'));
  homes.push(home);
  const places = { HOME: home, XDG_RUNTIME_DIR: join(home, 'run'), XDG_STATE_HOME: join(home, 'state') };
  mkdirSync(places.XDG_RUNTIME_DIR, { mode: 0o700 });
  return passphrase === undefined ? places : { ...places, ZSP_PASSPHRASE: passphrase };
}

async function open(env: Record<string, string>, ask?: () => Promise<Secret>): Promise<SecretStore> {
  const options = { choice: 'file', env, platform: 'linux', lock: unused } as const;
  return (await openKeychain(ask ? { ...options, askPassphrase: ask } : options)).store;
}

afterAll(() => {
  for (const home of homes) removeDirectory(home);
});

describe('the file keychain', () => {
  let store: SecretStore;
  beforeAll(async () => {
    store = await open(freshEnv('correct horse'));
  });
  storeContract(() => store);
});

describe('the passphrase of the file keychain', () => {
  const value = new Secret('EXAMPLE-VALUE');
  let env: Record<string, string>;
  beforeEach(() => {
    env = freshEnv('correct horse');
  });
  const without = () => {
    const { ZSP_PASSPHRASE: _, ...rest } = env;
    return rest;
  };
  const answering = (...answers: readonly string[]) => {
    const left = [...answers];
    const ask = async () => new Secret(left.shift() ?? 'asked too often');
    return { ask, left };
  };

  test('opens what was kept under it', async () => {
    await (await open(env)).set('a', value);
    expect((await (await open(env)).get('a'))?.open()).toBe('EXAMPLE-VALUE');
  });

  test('that is wrong is an error with a remedy, not an absent item, and destroys nothing', async () => {
    await (await open(env)).set('a', value);
    const wrong = await open({ ...env, ZSP_PASSPHRASE: 'wrong horse' });
    const refused = { code: 'keychain_unavailable', remedy: expect.stringContaining('ZSP_PASSPHRASE') };
    await expect(wrong.get('a')).rejects.toMatchObject(refused);
    await expect(wrong.set('a', value)).rejects.toMatchObject(refused);
    expect((await (await open(env)).get('a'))?.open()).toBe('EXAMPLE-VALUE');
  });

  test('that is nowhere is an error that names ZSP_PASSPHRASE', async () => {
    const refused = { code: 'keychain_unavailable', remedy: expect.stringContaining('ZSP_PASSPHRASE') };
    await expect((await open(without())).set('a', value)).rejects.toMatchObject(refused);
    await (await open(env)).set('a', value);
    await expect((await open(without())).get('a')).rejects.toMatchObject(refused);
  });

  test('is not asked for while there is nothing to open', async () => {
    expect(await (await open(without())).get('a')).toBeUndefined();
  });

  test('is asked for twice at first use, then once a process', async () => {
    const first = answering('on the terminal', 'on the terminal');
    await (await open(without(), first.ask)).set('a', value);
    expect(first.left).toEqual([]);
    const later = answering('on the terminal');
    const store = await open(without(), later.ask);
    expect((await store.get('a'))?.open()).toBe('EXAMPLE-VALUE');
    await store.set('b', value);
    expect((await store.get('b'))?.open()).toBe('EXAMPLE-VALUE');
  });

  test.each([
    ['differ', 'one', 'two'],
    ['are empty', '', ''],
  ])('is refused at first use when the two answers %s', async (_why, first, second) => {
    const store = await open(without(), answering(first, second).ask);
    await expect(store.set('a', value)).rejects.toMatchObject({ code: 'keychain_unavailable' });
    expect(readdirSync(sealedDirectory('file', env, 'linux'))).toEqual([]);
  });

  test.skipIf(posix.skip)(`is in no file, and the files are 0600 in a 0700 directory${posix.why}`, async () => {
    await (await open(env)).set('a', value);
    const directory = sealedDirectory('file', env, 'linux');
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(directory)) {
      expect(statSync(join(directory, name)).mode & 0o777).toBe(0o600);
      const text = readFileSync(join(directory, name));
      expect(text.includes('correct horse') || text.includes('EXAMPLE-VALUE')).toBe(false);
    }
  });

  test('does not help where the key file is damaged: an error, with the way out', async () => {
    await (await open(env)).set('a', value);
    const path = wrappedKeyPath(sealedDirectory('file', env, 'linux'));
    writeFileSync(path, '{"v":1');
    await expect((await open(env)).get('a')).rejects.toMatchObject({
      code: 'keychain_unavailable',
      remedy: expect.stringContaining(path),
    });
  });

  test('opens nothing once the key file is deleted', async () => {
    await (await open(env)).set('a', value);
    rmSync(wrappedKeyPath(sealedDirectory('file', env, 'linux')));
    expect(await (await open(env)).get('a')).toBeUndefined();
  });
});

describe('several processes', () => {
  let compiled: ReturnType<typeof compile>;
  beforeAll(() => {
    compiled = compile();
  });
  afterAll(() => compiled.remove());
  const childEnv = (env: Record<string, string>) => ({ PATH: process.env.PATH, ...env });

  test('that use a new file keychain at once end with one data key', async () => {
    const env = freshEnv('correct horse');
    const body = (name: string) =>
      `await (await openKeychain({ choice: 'file', env, lock })).store.set('${name}', new Secret('of ${name}'));`;
    const names = ['a', 'b', 'c', 'd'];
    const outcomes = await Promise.all(names.map((name) => elsewhere(compiled.directory, childEnv(env), body(name))));
    expect(outcomes).toEqual(names.map(() => ({})));
    const store = await open(env);
    for (const name of names) expect((await store.get(name))?.open()).toBe(`of ${name}`);
  });

  test('read it on the hit path, with the right passphrase only', async () => {
    const env = freshEnv('correct horse');
    await (await open(env)).set('a', new Secret('EXAMPLE-VALUE'));
    const hit = `return (await readItemNow('file', 'a', env)) ?? 'miss';`;
    const from = (changed: Record<string, string>) =>
      elsewhere(compiled.directory, childEnv({ ...env, ...changed }), hit);
    expect(await from({})).toEqual({ value: 'EXAMPLE-VALUE' });
    expect(await from({ ZSP_PASSPHRASE: 'wrong horse' })).toEqual({ value: 'miss' });
    expect(await from({ ZSP_PASSPHRASE: '' })).toEqual({ value: 'miss' });
  });
});

describe('the recorded backend', () => {
  test.skipIf(posix.skip)(`is a private file of one word, and the first record stays${posix.why}`, async () => {
    const env = freshEnv('correct horse');
    recordBackend(env, 'file', 'linux');
    recordBackend(env, 'kernel', 'linux');
    const path = join(env.XDG_STATE_HOME ?? '', 'zsp/keychain');
    expect(readFileSync(path, 'utf8')).toBe('file\n');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect((await openKeychain({ choice: 'auto', env, platform: 'linux', lock: unused })).backend).toBe('file');
  });

  test('loses against a choice by name', async () => {
    const env = freshEnv('correct horse');
    recordBackend(env, 'secret-service', 'linux');
    expect((await openKeychain({ choice: 'file', env, platform: 'linux', lock: unused })).backend).toBe('file');
    await expect(openKeychain({ choice: 'auto', env, platform: 'linux', lock: unused })).rejects.toMatchObject({
      code: 'keychain_unavailable',
    });
  });

  test('is an error where it cannot be read as one', async () => {
    const env = freshEnv();
    recordBackend(env, 'file', 'linux');
    writeFileSync(join(env.XDG_STATE_HOME ?? '', 'zsp/keychain'), 'toString\n');
    await expect(openKeychain({ choice: 'auto', env, platform: 'linux', lock: unused })).rejects.toMatchObject({
      code: 'keychain_unavailable',
    });
  });

  test.each([
    ['keychain', 'linux'],
    ['wincred', 'linux'],
    ['kernel', 'darwin'],
    ['secret-service', 'linux'],
  ] as const)('%s is an error on %s where there is none', async (choice, platform) => {
    await expect(openKeychain({ choice, env: freshEnv(), platform, lock: unused })).rejects.toMatchObject({
      code: 'keychain_unavailable',
      remedy: expect.stringContaining('zsp_keychain = file'),
    });
  });

  test('does not exist where auto finds none: the error names the choices', async () => {
    await expect(
      openKeychain({ choice: 'auto', env: freshEnv(), platform: 'freebsd', lock: unused }),
    ).rejects.toMatchObject({ code: 'keychain_unavailable', remedy: expect.stringContaining('zsp_keychain = file') });
  });
});

describe('a wrapped key', () => {
  const text = wrapKey('the data key', 'pass');

  test('opens under its passphrase only', () => {
    expect(unwrapKey(text, 'pass')).toEqual({ key: 'the data key' });
    expect(unwrapKey(text, 'Pass')).toBe('wrong-passphrase');
  });

  test.each([
    ['weaker', { N: 2 ** 14, r: 8, p: 1 }, 'wrong-passphrase'],
    ['not a power of two', { N: 1000, r: 8, p: 1 }, 'not-a-key-file'],
    ['more memory than is sane', { N: 2 ** 30, r: 8, p: 1 }, 'not-a-key-file'],
    ['more time than is sane', { N: 2 ** 15, r: 8, p: 1000 }, 'not-a-key-file'],
    ['nonsense', { N: '32768', r: 8, p: 1 }, 'not-a-key-file'],
  ])('does not open under other parameters: %s', (_why, scrypt, answer) => {
    expect(unwrapKey(JSON.stringify({ ...JSON.parse(text), scrypt }), 'pass')).toBe(answer);
  });

  test('fuzz: no text makes reading it throw or costly', () => {
    const json = fc.json();
    const near = fc
      .record({ v: fc.constantFrom(1, 2), scrypt: fc.anything(), salt: fc.anything(), wrapped: fc.anything() })
      .map((each) => JSON.stringify(each, (_key, value) => (typeof value === 'bigint' ? String(value) : value)) ?? '');
    fc.assert(
      fc.property(fc.oneof(fc.string(), json, near), (any) => {
        const read = parseWrappedKey(any);
        if (read) expect(128 * read.scrypt.N * read.scrypt.r).toBeLessThanOrEqual(256 * 1024 * 1024);
      }),
      fuzz(),
    );
  });
});
