import { randomBytes } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import type { SecretStore } from '../../src/keychain/secret-store';
import { Secret } from '../../src/secret';

/**
 * What every backend does, whatever it is made of. Called inside a `describe`.
 * @param open gives the store, or undefined where this machine has none: then nothing is run, and `why` says so in the names
 * @param largest the bytes the store holds in one item
 */
export function storeContract(
  open: () => SecretStore,
  { skip = false, why = '', largest = Number.POSITIVE_INFINITY } = {},
) {
  const used: string[] = [];
  const account = (name: string): string => {
    const unique = `test:${randomBytes(6).toString('hex')}:${name}`;
    used.push(unique);
    return unique;
  };
  afterEach(async () => {
    for (const name of used.splice(0)) await open().delete(name);
  });
  const case_ = test.skipIf(skip);

  case_(`an absent item is undefined${why}`, async () => {
    expect(await open().get(account('absent'))).toBeUndefined();
  });

  case_(`deleting an absent item is no error${why}`, async () => {
    await expect(open().delete(account('absent'))).resolves.toBeUndefined();
  });

  test.skipIf(skip).each([
    ['text', 'ASIA-like text'],
    ['JSON of several lines', '{\n  "v": 1\n}\n'],
    ['characters outside ASCII', 'Zoë 密鑰 🔑'],
  ])(`%s is got back as it was set${why}`, async (_name, text) => {
    const name = account('kept');
    await open().set(name, new Secret(text));
    expect((await open().get(name))?.open()).toBe(text);
  });

  for (const size of [4_096, 65_536]) {
    test.skipIf(skip || largest < size)(`${size / 1024} KB are got back as they were set${why}`, async () => {
      const name = account('large');
      await open().set(name, new Secret('K'.repeat(size)));
      expect((await open().get(name))?.open()).toBe('K'.repeat(size));
    });
  }

  case_(`the second value replaces the first${why}`, async () => {
    const name = account('twice');
    await open().set(name, new Secret('a first and longer value'));
    await open().set(name, new Secret('second'));
    expect((await open().get(name))?.open()).toBe('second');
  });

  case_(`a deleted item is absent${why}`, async () => {
    const name = account('deleted');
    await open().set(name, new Secret('value'));
    await open().delete(name);
    expect(await open().get(name)).toBeUndefined();
  });

  case_(`accounts that differ in one character are two items${why}`, async () => {
    const names = ['credentials:/home/zoë/.aws/config:prod/eu:x', 'credentials:/home/zoë/.aws/config:prod/eu:y'].map(
      account,
    );
    for (const name of names) await open().set(name, new Secret(`value of ${name}`));
    for (const name of names) expect((await open().get(name))?.open()).toBe(`value of ${name}`);
  });

  case_(`of two writers at once one value stays whole${why}`, async () => {
    const name = account('raced');
    const values = ['a'.repeat(300), 'b'.repeat(200)];
    await Promise.all(values.map((value) => open().set(name, new Secret(value))));
    expect(values).toContain((await open().get(name))?.open());
  });
}
