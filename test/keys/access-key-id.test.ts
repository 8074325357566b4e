import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { accountOf, isPlaceholder, kindOf } from '../../src/keys/access-key-id';
import { makeKeyId } from './made-up';

describe('an access key ID', () => {
  // Published by those who found out: Tal Be'ery (2023) and Aidan Steele (2020).
  test.each([
    ['ASIAQNZGKIQY56JQ7WML', '029608264753'],
    ['ASIAY34FZKBOKMUTVV7A', '609629065308'],
  ])('%s tells its account, %s', (accessKeyId, account) => {
    expect(accountOf(accessKeyId)).toBe(account);
  });

  test('tells whatever account it was made for', () => {
    fc.assert(
      fc.property(fc.nat(10 ** 12 - 1), (number) => {
        const account = String(number).padStart(12, '0');
        expect(accountOf(makeKeyId('AKIA', account))).toBe(account);
      }),
    );
  });

  test('from before 2019 tells none', () => {
    expect(accountOf('AKIAIOSFODNN7EXAMPLE')).toBeUndefined();
    expect(accountOf('AKIAJ5XQ3WZ2TPLKN6YA')).toBeUndefined();
  });

  test.each([
    ['AKIA', 'access key'],
    ['ABIA', 'bearer token'],
    ['ACCA', 'context credential'],
    ['ASIA', 'temporary'],
  ])('with %s is a %s', (prefix, kind) => {
    expect(kindOf(makeKeyId(prefix, '111122223333'))).toBe(kind);
  });

  test.each([
    ['AKIAIOSFODNN7EXAMPLE', true],
    ['AKIAXXXXXXXXXXXXXXXX', true],
    ['AKIA2222333344442222', true],
    ['AKIAJ5XQ3WZ2TPLKN6YA', false],
  ])('%s stands for none: %s', (accessKeyId, expected) => {
    expect(isPlaceholder(accessKeyId)).toBe(expected);
  });
});
