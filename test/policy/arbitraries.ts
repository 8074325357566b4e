// biome-ignore-all lint/suspicious/noTemplateCurlyInString: IAM's policy variables are written like this
import fc from 'fast-check';
import type { ConditionBlock, PolicyDocument, Statement } from '../../src/policy/document';
import type { Context } from '../../src/policy/pattern';

/** Policies and requests close enough to each other that about half of the statements matter to a request. */

const oneOrMany = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T | T[]> =>
  fc.oneof(one, fc.array(one, { minLength: 1, maxLength: 3 }));

const actions = ['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:GetObjectTagging'] as const;
const actionPatterns = [...actions, '*', 's3:*', 's3:Get*', 'S3:getobject', 's3:?etObject', 's3:*Object', 'sqs:*'];
const objects = ['a', 'a/b', 'a/b/c', 'A/b', 'alice/x', 'red/x', 'x:y', '$x'].map(
  (key) => `arn:aws:s3:::bucket/${key}`,
);
const resourcePatterns = [
  '*',
  'arn:aws:s3:::*',
  'arn:aws:s3:::bucket/*',
  'arn:aws:s3:::bucket/a*',
  'arn:aws:s3:::bucket/?/b',
  'arn:aws:s3:::bucket/a/*/c',
  'arn:aws:s3:::bucket/${aws:username}/*',
  "arn:aws:s3:::bucket/${aws:PrincipalTag/team, 'red'}/*",
  'arn:aws:s3:::bucket/${*}',
  'arn:aws:*:::bucket/A/b',
  'arn:*:s3:::other/*',
  ...objects.filter((object) => !/[*$]/.test(object)),
];
// What NotResource and the Not… operators make of a variable without a value, evaluate.test.ts says: zsp is stricter.
const alwaysResolved = resourcePatterns.filter((pattern) => !pattern.includes('aws:username'));

const times = ['2026-01-02T03:04:04Z', '2026-01-02T03:04:05Z', '2026-01-02T03:04:06Z', '2026-01-02T04:04:05+01:00'];
const addresses = ['203.0.113.7', '203.0.114.1', '198.51.100.200', '2001:db8::1', '2001:db9::1'];
const networks = ['203.0.113.0/24', '203.0.112.0/22', '198.51.100.128/25', '2001:db8::/32'];
const role = 'arn:aws:iam::111122223333:role/dev';
const words = ['red', 'blue', 'Red', 'alice', 're'];
const plainPatterns = [...words, 'r*', '?ed', '*'];
const wordPatterns = [...plainPatterns, '${aws:username}'];

const key = (operators: readonly string[], name: string, values: readonly string[]) =>
  fc.tuple(fc.constantFrom(...operators), fc.constant(name), oneOrMany(fc.constantFrom(...values)));

const alike = ['StringEquals', 'StringLike', 'StringEqualsIgnoreCase'];
const unlike = ['StringNotEquals', 'StringNotLike', 'StringNotEqualsIgnoreCase'];
const set = (operators: readonly string[]) =>
  operators.flatMap((name) => [`ForAllValues:${name}`, `ForAnyValue:${name}`]);
const ifExists = (operators: readonly string[]) => operators.flatMap((name) => [name, `${name}IfExists`]);
const ordered = (kind: string) =>
  ['Equals', 'NotEquals', 'LessThan', 'LessThanEquals', 'GreaterThan', 'GreaterThanEquals'].map((name) => kind + name);

const condition = fc.oneof(
  key(ifExists(alike), 'aws:PrincipalTag/team', wordPatterns),
  key(ifExists(unlike), 'aws:PrincipalTag/team', plainPatterns),
  key(alike, 'aws:username', wordPatterns),
  key(unlike, 'aws:username', plainPatterns),
  key(set([...alike, ...unlike]), 'aws:TagKeys', words),
  key(ifExists(ordered('Date')), 'aws:CurrentTime', times),
  key(ifExists(ordered('Numeric')), 'aws:MultiFactorAuthAge', ['0', '10', '10.5', '3600']),
  key(ifExists(['Bool']), 'aws:SecureTransport', ['true', 'false']),
  key(['IpAddress', 'NotIpAddress'], 'aws:SourceIp', networks),
  key(['ArnLike', 'ArnNotLike', 'ArnEquals', 'ArnNotEquals'], 'aws:PrincipalArn', [
    role,
    'arn:aws:iam::*:role/d*',
    'arn:aws:iam::111122223333:role/?ev',
    'arn:aws:iam::444455556666:role/*',
  ]),
  key(['Null'], 'aws:MultiFactorAuthAge', ['true', 'false']),
);

const conditions: fc.Arbitrary<ConditionBlock> = fc
  .array(condition, { minLength: 1, maxLength: 3 })
  .map((list) => Object.fromEntries(list.map(([operator, name, values]) => [operator, { [name]: values }])));

const statement: fc.Arbitrary<Statement> = fc
  .record({
    Effect: fc.constantFrom('Allow' as const, 'Allow' as const, 'Deny' as const),
    action: fc.tuple(fc.constantFrom('Action', 'Action', 'NotAction'), oneOrMany(fc.constantFrom(...actionPatterns))),
    resource: fc.oneof(
      { arbitrary: fc.tuple(fc.constant('Resource'), oneOrMany(fc.constantFrom(...resourcePatterns))), weight: 2 },
      { arbitrary: fc.tuple(fc.constant('NotResource'), oneOrMany(fc.constantFrom(...alwaysResolved))), weight: 1 },
    ),
    condition: fc.option(conditions, { nil: undefined, freq: 2 }),
  })
  .map(({ Effect, action, resource, condition }) => ({
    Effect,
    ...Object.fromEntries([action, resource]),
    ...(condition && { Condition: condition }),
  }));

export const policies: fc.Arbitrary<PolicyDocument> = fc.record({
  Version: fc.constant('2012-10-17'),
  Statement: fc.array(statement, { minLength: 1, maxLength: 4 }),
});

export interface GeneratedRequest {
  readonly action: string;
  readonly resource: string;
  readonly context: Context;
}

export const requests: fc.Arbitrary<GeneratedRequest> = fc.record({
  action: fc.constantFrom(...actions),
  resource: fc.constantFrom(...objects),
  context: fc.record(
    {
      'aws:PrincipalTag/team': fc.constantFrom(...words),
      'aws:username': fc.constantFrom(...words, '*'),
      'aws:TagKeys': fc.array(fc.constantFrom(...words), { minLength: 1, maxLength: 3 }),
      'aws:CurrentTime': fc.constantFrom(...times),
      'aws:MultiFactorAuthAge': fc.constantFrom('0', '10', '10.5', '11', '3600'),
      'aws:SecureTransport': fc.constantFrom('true', 'false'),
      'aws:SourceIp': fc.constantFrom(...addresses),
      'aws:PrincipalArn': fc.constant(role),
    },
    { requiredKeys: ['aws:CurrentTime', 'aws:PrincipalArn'] },
  ),
});
