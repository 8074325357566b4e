import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findKeys } from '../../src/keys/detect';
import { fuzz } from '../support/fuzz';
import { makeKeyId, makeSecret } from './made-up';

const id = makeKeyId('AKIA', '111122223333');
const secret = makeSecret('a');
const find = (text: string) => findKeys(Buffer.from(text));

describe('a key in a text', () => {
  test('is told with its place, its kind and its account', () => {
    expect(find(`first\n  key = ${id}\n`)).toEqual([
      { accessKeyId: id, kind: 'access key', accountId: '111122223333', withSecret: false, line: 2, column: 9 },
    ]);
  });

  test.each([
    ['quoted', `{"AccessKeyId":"${id}"}`],
    ['in a variable', `export AWS_ACCESS_KEY_ID=${id}`],
    ['in a URL', `s3://${id}:x@bucket`],
    ['after an underscore', `key_${id}_old`],
    ['at the very start', `${id}\n`],
    ['at the very end', `\n${id}`],
  ])('is found %s', (_how, text) => {
    expect(find(text).map((key) => key.accessKeyId)).toEqual([id]);
  });

  test.each([
    ['within a longer word', `${id}A`],
    ['behind other letters', `X${id}`],
    ['with a letter AWS does not use', id.replace(/.$/, '1')],
    ['in lower case', id.toLowerCase()],
    ['too short', id.slice(0, 19)],
    ["of AWS's documentation", 'AKIAIOSFODNN7EXAMPLE'],
    ['of other identifiers', id.replace('AKIA', 'AIDA')],
  ])('is none %s', (_how, text) => {
    expect(find(`x ${text} y`)).toEqual([]);
  });

  test('column and line count what an editor counts', () => {
    expect(find(`é\r\n"ü€" ${id}`)).toMatchObject([{ line: 2, column: 6 }]);
  });

  test('two on one line are two', () => {
    const other = makeKeyId('ASIA', '444455556666');
    expect(find(`${id} ${other}`)).toMatchObject([
      { accessKeyId: id, column: 1 },
      { accessKeyId: other, kind: 'temporary', accountId: '444455556666', column: 22 },
    ]);
  });
});

describe('a secret near it', () => {
  test.each([
    ['after it', `aws_access_key_id = ${id}\naws_secret_access_key = ${secret}\n`, true],
    ['before it', `secret: "${secret}"\nkey: "${id}"\n`, true],
    ['far away', `${id}\n${'#\n'.repeat(400)}${secret}`, false],
    ['that is a SHA-1', `${id} da39a3ee5e6b4b0d3255bfef95601890afd80709`, false],
    ['that is a path', `${id} src/main/java/com/corp/app/Main0/Service`, false],
    ['that is longer', `${id} ${secret}${secret}`, false],
    ['that is a word', `${id} ${'Aa1'.repeat(13)}A`, false],
  ])('%s', (_where, text, expected) => {
    expect(find(text)).toMatchObject([{ withSecret: expected }]);
  });

  test('is never part of what is told', () => {
    expect(JSON.stringify(find(`${id}:${secret}`))).not.toContain(secret.slice(0, 8));
  });
});

test('fuzz: any bytes around a key leave it found, and give no other', () => {
  const around = fc.uint8Array({ maxLength: 200 });
  fc.assert(
    fc.property(around, around, (before, after) => {
      const found = findKeys(Buffer.concat([before, Buffer.from(`\n${id}\n`), after]));
      expect(found.filter((key) => key.accessKeyId === id)).toHaveLength(1);
    }),
    fuzz(),
  );
});
