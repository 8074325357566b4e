import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ZspError } from '../../src/errors';
import { compact, JsonError, readJson } from '../../src/policy/json';
import { checkSessionPolicy, longestSessionPolicy } from '../../src/policy/session-policy';
import { fuzz } from '../support/fuzz';

const statement = (more: object = {}, Effect: unknown = 'Allow') =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect, Action: 's3:*', Resource: '*', ...more }] });

function refusal(text: string): ZspError {
  try {
    checkSessionPolicy(text, 'deploy-only');
  } catch (error) {
    if (error instanceof ZspError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('checkSessionPolicy', () => {
  test.each<[string, string]>([
    ['one statement in a list', statement()],
    ['one statement alone', '{"Statement":{"Effect":"Deny","NotAction":["s3:GetObject","*"],"NotResource":["*"]}}'],
    [
      'an Id and a Sid',
      '{"Id":"x","Statement":[{"Sid":"A1","Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b"}]}',
    ],
    [
      'conditions',
      statement({ Condition: { Bool: { 'aws:SecureTransport': true }, StringLike: { 'aws:x': ['a', 'b'] } } }),
    ],
    ['Latin-1', statement({ Resource: 'arn:aws:s3:::übung/ÿ' })],
  ])('takes %s', (_, text) => {
    expect(checkSessionPolicy(text, 'deploy-only')).toBe(text);
  });

  test.each<[string, string, string]>([
    ['nothing', '', 'ends where a value was expected (line 1, column 1)'],
    ['no JSON', 'Allow all', 'has something else where a value was expected (line 1, column 1)'],
    [
      'a comma too many',
      '{\n  "Statement": [],\n}',
      'has something else where a key in quotes was expected (line 3, column 1)',
    ],
    ['a text cut short', '{"Statement": [', 'ends where a value was expected (line 1, column 16)'],
    ['an open string', '{"Statement', 'has a string that is not closed, or not valid (line 1, column 2)'],
    ['more after the end', '{} {}', 'goes on after its end (line 1, column 4)'],
    ['a key twice', '{"Statement":[],"Statement":[]}', 'has the same key twice (line 1, column 17)'],
    ['a bottomless list', '['.repeat(100_000), 'is nested too deeply (line 1, column 66)'],
    ['a typographic quote', '{“Statement”:[]}', 'has a character that STS does not take, U+201C (line 1, column 2)'],
    ['a byte order mark', '\uFEFF{}', 'has a character that STS does not take, U+FEFF (line 1, column 1)'],
    ['an escape sequence', '{"\u001b[2J":1}', 'has a character that STS does not take, U+001B (line 1, column 3)'],
    ['a list', '[]', 'the document must be a JSON object'],
    ['no statement', '{"Version":"2012-10-17"}', 'Statement is missing'],
    ['an empty list of statements', '{"Statement":[]}', 'Statement must not be empty'],
    ['a statement that is none', '{"Statement":["Allow"]}', 'Statement[0] must be a JSON object'],
    ['another version', '{"Version":"2026-01-01","Statement":[]}', 'Version must be "2012-10-17" or "2008-10-17"'],
    ['an unknown element', statement({ Resources: '*' }), 'Statement[0] has an unknown element Resources'],
    ['a misspelt effect', statement({}, 'allow'), 'Statement[0].Effect must be "Allow" or "Deny"'],
    ['a principal', statement({ Principal: '*' }), 'Statement[0].Principal is not allowed here'],
    ['no action', statement({ Action: undefined }), 'Statement[0].Action is missing'],
    [
      'an action and its opposite',
      statement({ NotAction: '*' }),
      'Statement[0].Action and NotAction exclude each other',
    ],
    [
      'an action without a service',
      statement({ Action: 'GetObject' }),
      'Statement[0].Action must be "service:Action" or "*"',
    ],
    ['a wildcard service', statement({ Action: 's*:Get' }), 'Statement[0].Action must be "service:Action" or "*"'],
    ['no resource', statement({ Resource: undefined }), 'Statement[0].Resource is missing'],
    ['a resource that is no ARN', statement({ Resource: 'bucket/*' }), 'Statement[0].Resource must be an ARN or "*"'],
    [
      'an empty list of actions',
      statement({ Action: [] }),
      'Statement[0].Action must be a string or a list of strings',
    ],
    ['a Sid with a space', statement({ Sid: 'my sid' }), 'Statement[0].Sid must be a string of letters and digits'],
    ['a condition that is none', statement({ Condition: 'x' }), 'Statement[0].Condition must be a JSON object'],
    [
      'a condition without keys',
      statement({ Condition: { Bool: 'x' } }),
      'Statement[0].Condition.Bool must be a JSON object',
    ],
    [
      'a condition on null',
      statement({ Condition: { Bool: { 'aws:x': null } } }),
      'Statement[0].Condition.Bool.aws:x must be a value or a list of values',
    ],
  ])('refuses %s, and says where', (_, text, problem) => {
    const error = refusal(text);
    expect(error.message).toMatch(/^policy deploy-only:? /);
    expect(error.message.replace(/^policy deploy-only:? /, '')).toBe(problem);
    expect(error).toMatchObject({ code: 'config_invalid' });
    expect(error.remedy).toContain('deploy-only');
  });

  test('takes 2,048 characters, and says how many are too many', () => {
    const long = (length: number) => {
      const empty = statement({ Resource: 'arn:aws:s3:::' });
      return empty.replace('s3:::', `s3:::${'x'.repeat(length - empty.length)}`);
    };
    expect(checkSessionPolicy(long(2048), 'p')).toHaveLength(2048);
    expect(refusal(long(2061)).message).toBe('policy deploy-only has 2061 characters, 13 too many: STS takes 2048');
  });

  test('does not count the whitespace, which it does not send', () => {
    const spread = statement().replaceAll(',', `,${' '.repeat(1000)}\n\t`);
    expect(spread.length).toBeGreaterThan(longestSessionPolicy);
    expect(checkSessionPolicy(spread, 'p')).toBe(statement());
  });
});

describe('JSON', () => {
  test('compacting keeps whitespace within strings', () => {
    expect(compact('{ "a b" :\t"c \\" d",\n"e":[ 1 , 2 ] }')).toBe('{"a b":"c \\" d","e":[1,2]}');
  });

  test('fuzz: what was written is read and compacted as JSON.parse reads it', () => {
    const property = fc.property(fc.jsonValue(), fc.constantFrom(0, 1, '\t'), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      expect(readJson(text)).toStrictEqual(JSON.parse(text));
      expect(compact(text)).toBe(JSON.stringify(value));
    });
    fc.assert(property, fuzz());
  });

  test('fuzz: whatever comes, it is refused or read as JSON.parse reads it', () => {
    const token = fc.constantFrom(
      ...'{}[],:" \n\\u01e-+.',
      '"a"',
      '"b":',
      'true',
      'null',
      '1',
      '-0.5e3',
      '\\u00e9',
      '__proto__',
    );
    const property = fc.property(fc.array(token, { maxLength: 12 }), (tokens) => {
      const text = tokens.join('');
      try {
        expect(readJson(text)).toStrictEqual(JSON.parse(text));
      } catch (error) {
        if (!(error instanceof JsonError)) throw error;
        if (error.message !== 'has the same key twice') expect(() => JSON.parse(text)).toThrow(SyntaxError);
      }
    });
    fc.assert(property, fuzz());
  });

  test('fuzz: any text as a session policy is sent or refused in one line', () => {
    const property = fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), (text) => {
      const error = refusal(text);
      expect(`${error.message}${error.remedy}`).toMatch(/^[\x20-\x7e\xa0-\xff]*$/);
    });
    fc.assert(property, fuzz());
  });
});
