// biome-ignore-all lint/suspicious/noTemplateCurlyInString: IAM's policy variables are written like this
import { describe, expect, test } from 'vitest';
import type { ConditionBlock, PolicyDocument, Statement } from '../../src/policy/document';
import { type Evaluation, evaluate, evaluateTrust } from '../../src/policy/evaluate';
import type { Context } from '../../src/policy/pattern';

const policy = (...statements: Statement[]): PolicyDocument => ({ Version: '2012-10-17', Statement: statements });
const allow = (more: Partial<Statement> = {}): Statement => ({ Effect: 'Allow', Action: '*', Resource: '*', ...more });
const deny = (more: Partial<Statement> = {}): Statement => ({ ...allow(more), Effect: 'Deny' });
const without = (statement: Statement, key: keyof Statement): Statement => {
  const { [key]: _, ...rest } = statement;
  return rest as Statement;
};

const object = 'arn:aws:s3:::reports/2026/q1.csv';
const ask = (document: PolicyDocument, context: Context = {}, resource = object, action = 's3:GetObject') =>
  evaluate({ identity: [document] }, { action, resource, context }).decision;

describe('evaluate', () => {
  test.each<[string, Parameters<typeof evaluate>[0], Evaluation]>([
    ['nothing allows', { identity: [] }, { decision: 'implicit_deny', by: 'identity' }],
    [
      'the identity allows',
      { identity: [policy(allow({ Sid: 'A' }))] },
      { decision: 'allow', by: 'identity', sid: 'A' },
    ],
    [
      'a denial wins over an allowance before it',
      { identity: [policy(allow(), deny({ Sid: 'No' }))] },
      { decision: 'explicit_deny', by: 'identity', sid: 'No' },
    ],
    [
      'a session policy that does not allow bounds the identity',
      { identity: [policy(allow())], session: [policy(allow({ Action: 's3:PutObject' }))] },
      { decision: 'implicit_deny', by: 'session' },
    ],
    [
      'an empty list of session policies is none',
      { identity: [policy(allow())], session: [] },
      { decision: 'allow', by: 'identity' },
    ],
    [
      'one of several session policies is enough',
      { identity: [policy(allow())], session: [policy(allow({ Action: 's3:PutObject' })), policy(allow())] },
      { decision: 'allow', by: 'identity' },
    ],
    [
      'a session policy grants nothing by itself',
      { identity: [], session: [policy(allow())] },
      { decision: 'implicit_deny', by: 'identity' },
    ],
    [
      'a denial in any session policy wins',
      { identity: [policy(allow())], session: [policy(allow()), policy(deny({ Sid: 'Fence' }))] },
      { decision: 'explicit_deny', by: 'session', sid: 'Fence' },
    ],
    [
      'a resource policy denies',
      { identity: [policy(allow())], resource: [policy(deny({ Principal: '*' }))] },
      { decision: 'explicit_deny', by: 'resource' },
    ],
    [
      'a resource policy that denies another principal does not matter',
      { identity: [policy(allow())], resource: [policy(deny({ Principal: { AWS: '999988887777' } }))] },
      { decision: 'allow', by: 'identity' },
    ],
    [
      'a resource policy allows nothing by itself',
      { identity: [], resource: [policy(allow({ Principal: '*' }))] },
      { decision: 'implicit_deny', by: 'identity' },
    ],
  ])('%s', (_, policies, expected) => {
    expect(evaluate(policies, { action: 's3:GetObject', resource: object, context: {} })).toEqual(expected);
  });

  test('a statement need not stand in a list', () => {
    expect(ask({ Version: '2012-10-17', Statement: allow() })).toBe('allow');
  });
});

describe('actions', () => {
  test.each<[string | readonly string[], string, boolean]>([
    ['s3:GetObject', 's3:GetObject', true],
    ['S3:getobject', 's3:GetObject', true],
    ['s3:Get*', 's3:GetObjectTagging', true],
    ['s3:Get?bject', 's3:GetObject', true],
    ['s3:*', 's3:PutObject', true],
    ['*', 'iam:PassRole', true],
    ['s3:Get', 's3:GetObject', false],
    ['s3:GetObject', 's3:GetObjectAcl', false],
    [['s3:PutObject', 's3:GetObject'], 's3:GetObject', true],
    [[], 's3:GetObject', false],
    ['s3:${aws:username}', 's3:alice', false],
  ])('%j and %s: %s', (Action, action, expected) => {
    const context = { 'aws:username': 'alice' };
    expect(ask(policy(allow({ Action })), context, object, action)).toBe(expected ? 'allow' : 'implicit_deny');
    const not = { ...without(allow(), 'Action'), NotAction: Action };
    expect(ask(policy(not), context, object, action)).toBe(expected ? 'implicit_deny' : 'allow');
  });
});

describe('resources', () => {
  test.each<[string, string, boolean]>([
    ['*', object, true],
    ['*', '*', true],
    ['arn:aws:s3:::reports/*', '*', false],
    ['arn:aws:s3:::reports/*', object, true],
    ['arn:aws:s3:::Reports/*', object, false],
    ['arn:aws:s3:::reports', object, false],
    ['arn:aws:s3:::*', object, true],
    ['arn:aws:s3:*', object, true],
    ['arn:*', object, true],
    ['arn:aws:*:::reports/2026/q?.csv', object, true],
    ['arn:aws:s3:::reports/*/q2.csv', object, false],
    ['arn:aws:sns:*:111122223333:alarms', 'arn:aws:sns:eu-west-1:111122223333:alarms', true],
    ['arn:aws:sns:*:alarms', 'arn:aws:sns:eu-west-1:111122223333:alarms', false],
    ['arn:aws:sns:eu-west-1:*:x', 'arn:aws:sns:eu-west-1:111122223333:y:x', false],
    ['arn:aws:sns:*1:x', 'arn:aws:sns:eu-west-1:111122221:x', false],
    ['arn:aws:logs:*:*:log-group:/app/*', 'arn:aws:logs:eu-west-1:111122223333:log-group:/app/a:log-stream:b', true],
    ['arn:aws:s3:::a*a*a*a*a*a*a*a*b', `arn:aws:s3:::${'a'.repeat(5000)}`, false],
  ])('%s and %s: %s', (Resource, resource, expected) => {
    expect(ask(policy(allow({ Resource })), {}, resource)).toBe(expected ? 'allow' : 'implicit_deny');
    const not = { ...without(allow(), 'Resource'), NotResource: Resource };
    expect(ask(policy(not), {}, resource)).toBe(expected ? 'implicit_deny' : 'allow');
  });
});

describe('policy variables', () => {
  const home = (name: string) => `arn:aws:s3:::home/${name}`;
  test.each<[string, Context, string, boolean]>([
    ['${aws:username}/*', { 'aws:username': 'alice' }, 'alice/a', true],
    ['${aws:username}/*', { 'AWS:UserName': 'alice' }, 'alice/a', true],
    ['${aws:username}/*', { 'aws:username': '*' }, 'bob/a', false],
    ['${aws:username}/*', { 'aws:username': ['alice'] }, 'alice/a', false],
    ['${aws:username}/*', {}, '/a', false],
    ['${aws:username}', { 'aws:username': 'a:b' }, 'a:b', true],
    ["${aws:PrincipalTag/team, 'none'}", {}, 'none', true],
    ["${aws:PrincipalTag/team, 'none'}", { 'aws:PrincipalTag/Team': 'red' }, 'red', true],
    ['${*}', {}, '*', true],
    ['${*}', {}, 'x', false],
    ['${?}', {}, '?', true],
    ['${?}', {}, 'x', false],
    ['${$}{x}', {}, '${x}', true],
    ['$a{b}', {}, '$a{b}', true],
  ])('%s with %j and %s: %s', (name, context, found, expected) => {
    expect(ask(policy(allow({ Resource: home(name) })), context, home(found))).toBe(
      expected ? 'allow' : 'implicit_deny',
    );
  });

  test('are plain text before version 2012-10-17', () => {
    const old: PolicyDocument = { Statement: allow({ Resource: home('${aws:username}') }) };
    expect(ask(old, { 'aws:username': 'alice' }, home('alice'))).toBe('implicit_deny');
    expect(ask(old, {}, home('${aws:username}'))).toBe('allow');
  });

  test('without a value widen no allowance and narrow no denial', () => {
    const NotResource = home('${aws:username}/*');
    expect(ask(policy({ Effect: 'Allow', Action: '*', NotResource }))).toBe('implicit_deny');
    expect(ask(policy(allow(), { Effect: 'Deny', Action: '*', NotResource }))).toBe('explicit_deny');
    const same = { StringEquals: { 'aws:SourceVpc': '${aws:PrincipalTag/vpc}' } };
    expect(ask(policy(allow(), deny({ Condition: same })), { 'aws:SourceVpc': 'vpc-1' })).toBe('allow');
    const Condition = { StringNotEquals: { 'aws:SourceVpc': '${aws:PrincipalTag/vpc}' } };
    expect(ask(policy(allow({ Condition })), { 'aws:SourceVpc': 'vpc-1' })).toBe('implicit_deny');
    expect(ask(policy(allow(), deny({ Condition })), { 'aws:SourceVpc': 'vpc-1' })).toBe('explicit_deny');
  });
});

describe('conditions', () => {
  const yes = true;
  const no = false;
  test.each<[string, ConditionBlock[string], Context, boolean]>([
    ['StringEquals', { 'aws:x': ['a', 'b'] }, { 'AWS:X': 'b' }, yes],
    ['stringequals', { 'aws:x': 'a' }, { 'aws:x': 'a' }, yes],
    ['StringEquals', { 'aws:x': 'a*' }, { 'aws:x': 'ab' }, no],
    ['StringEquals', { 'aws:x': 'A' }, { 'aws:x': 'a' }, no],
    ['StringEquals', { 'aws:x': 'a' }, {}, no],
    ['StringEquals', { 'aws:x': 'a', 'aws:y': 'b' }, { 'aws:x': 'a' }, no],
    ['StringEquals', { 'aws:x': '${aws:y}' }, { 'aws:x': 'a', 'aws:y': 'a' }, yes],
    ['StringEquals', { 'aws:x': 7 }, { 'aws:x': '7' }, yes],
    ['StringNotEquals', { 'aws:x': ['a', 'b'] }, { 'aws:x': 'b' }, no],
    ['StringNotEquals', { 'aws:x': ['a', 'b'] }, { 'aws:x': 'c' }, yes],
    ['StringNotEquals', { 'aws:x': 'a' }, {}, yes],
    ['StringEqualsIgnoreCase', { 'aws:x': 'ABC' }, { 'aws:x': 'abc' }, yes],
    ['StringNotEqualsIgnoreCase', { 'aws:x': 'ABC' }, { 'aws:x': 'abc' }, no],
    ['StringLike', { 'aws:x': 'a?c*' }, { 'aws:x': 'abcd' }, yes],
    ['StringLike', { 'aws:x': 'a:*' }, { 'aws:x': 'a:b:c' }, yes],
    ['StringNotLike', { 'aws:x': 'a*' }, { 'aws:x': 'abcd' }, no],
    ['ArnLike', { 'aws:x': 'arn:aws:iam::*:role/a*' }, { 'aws:x': 'arn:aws:iam::111122223333:role/ab' }, yes],
    ['ArnLike', { 'aws:x': 'arn:aws:iam::*4:role/a*' }, { 'aws:x': 'arn:aws:iam::111122223333:role/ab' }, no],
    ['ArnEquals', { 'aws:x': 'arn:aws:iam::*:role/a' }, { 'aws:x': 'arn:aws:iam::111122223333:role/a' }, yes],
    ['ArnNotLike', { 'aws:x': 'arn:aws:iam::*:role/a*' }, { 'aws:x': 'arn:aws:iam::111122223333:role/b' }, yes],
    ['NumericEquals', { 'aws:x': '10' }, { 'aws:x': '10.0' }, yes],
    ['NumericNotEquals', { 'aws:x': '10' }, { 'aws:x': '11' }, yes],
    ['NumericLessThan', { 'aws:x': '10' }, { 'aws:x': '9' }, yes],
    ['NumericLessThanEquals', { 'aws:x': '10' }, { 'aws:x': '10' }, yes],
    ['NumericGreaterThan', { 'aws:x': '10' }, { 'aws:x': '9' }, no],
    ['NumericGreaterThanEquals', { 'aws:x': '-1' }, { 'aws:x': '-0.5' }, yes],
    ['DateEquals', { 'aws:x': '2026-01-02T03:04:05Z' }, { 'aws:x': '2026-01-02T04:04:05+01:00' }, yes],
    ['DateNotEquals', { 'aws:x': '2026-01-02' }, { 'aws:x': '2026-01-03' }, yes],
    ['DateLessThan', { 'aws:x': '2026-01-02T03:04:05Z' }, { 'aws:x': '2026-01-02T03:04:04.999Z' }, yes],
    ['DateGreaterThan', { 'aws:x': '2026-01-02T03:04:05Z' }, { 'aws:x': '2026-01-02T03:04:05Z' }, no],
    ['DateGreaterThanEquals', { 'aws:x': '1767323045' }, { 'aws:x': '2026-01-02T03:04:05Z' }, yes],
    ['DateLessThanEquals', { 'aws:x': '2026-01-02T03:04:05Z' }, { 'aws:x': '1767323045' }, yes],
    ['Bool', { 'aws:x': 'true' }, { 'aws:x': 'TRUE' }, yes],
    ['Bool', { 'aws:x': true }, { 'aws:x': 'false' }, no],
    ['BoolIfExists', { 'aws:x': 'true' }, {}, yes],
    ['BinaryEquals', { 'aws:x': 'QUJD' }, { 'aws:x': 'QUJD' }, yes],
    ['Null', { 'aws:x': 'true' }, {}, yes],
    ['Null', { 'aws:x': 'false' }, {}, no],
    ['Null', { 'aws:x': 'false' }, { 'aws:x': 'a' }, yes],
    ['IpAddress', { 'aws:x': ['203.0.113.0/24', '2001:db8::/32'] }, { 'aws:x': '203.0.113.9' }, yes],
    ['IpAddress', { 'aws:x': ['203.0.113.0/24', '2001:db8::/32'] }, { 'aws:x': '2001:DB8:1::1' }, yes],
    ['IpAddress', { 'aws:x': '203.0.113.7' }, { 'aws:x': '203.0.113.7' }, yes],
    ['IpAddress', { 'aws:x': '0.0.0.0/0' }, { 'aws:x': '198.51.100.1' }, yes],
    ['IpAddress', { 'aws:x': '0.0.0.0/0' }, { 'aws:x': '2001:db8::1' }, no],
    ['NotIpAddress', { 'aws:x': '203.0.113.0/24' }, { 'aws:x': '203.0.114.1' }, yes],
    ['NotIpAddress', { 'aws:x': '203.0.113.0/24' }, { 'aws:x': '203.0.113.1' }, no],
    ['StringEqualsIfExists', { 'aws:x': 'a' }, {}, yes],
    ['StringEqualsIfExists', { 'aws:x': 'a' }, { 'aws:x': 'b' }, no],
    ['ForAllValues:StringEquals', { 'aws:x': ['a', 'b'] }, { 'aws:x': ['a', 'b'] }, yes],
    ['ForAllValues:StringEquals', { 'aws:x': ['a', 'b'] }, { 'aws:x': ['a', 'c'] }, no],
    ['ForAllValues:StringEquals', { 'aws:x': ['a', 'b'] }, {}, yes],
    ['ForAllValues:StringNotEquals', { 'aws:x': ['a', 'b'] }, { 'aws:x': ['c', 'a'] }, no],
    ['ForAnyValue:StringEquals', { 'aws:x': ['a', 'b'] }, { 'aws:x': ['c', 'a'] }, yes],
    ['ForAnyValue:StringEquals', { 'aws:x': ['a', 'b'] }, { 'aws:x': 'a' }, yes],
    ['ForAnyValue:StringEquals', { 'aws:x': ['a', 'b'] }, {}, no],
    ['ForAnyValue:StringNotEquals', { 'aws:x': 'a' }, {}, no],
    ['ForAnyValue:StringLike', { 'aws:x': 'a*' }, { 'aws:x': ['b', 'ab'] }, yes],
  ])('%s %j with %j: %s', (operator, keys, context, expected) => {
    const Condition = { [operator]: keys };
    expect(ask(policy(allow({ Condition })), context)).toBe(expected ? 'allow' : 'implicit_deny');
    expect(ask(policy(allow(), deny({ Condition })), context)).toBe(expected ? 'explicit_deny' : 'allow');
  });

  test.each<[string, ConditionBlock[string], Context]>([
    ['StringMatches', { 'aws:x': 'a' }, { 'aws:x': 'a' }],
    ['ForSomeValues:StringEquals', { 'aws:x': 'a' }, { 'aws:x': 'a' }],
    ['NullIfExists', { 'aws:x': 'true' }, {}],
    ['Null', { 'aws:x': 'maybe' }, {}],
    ['DateGreaterThan', { 'aws:x': 'tomorrow' }, { 'aws:x': '2026-01-02T03:04:05Z' }],
    ['DateNotEquals', { 'aws:x': '2026-01-02' }, { 'aws:x': 'soon' }],
    ['NumericLessThan', { 'aws:x': '10' }, { 'aws:x': '9e0' }],
    ['Bool', { 'aws:x': 'true' }, { 'aws:x': 'constructor' }],
    ['IpAddress', { 'aws:x': '203.0.113.0/33' }, { 'aws:x': '203.0.113.1' }],
    ['NotIpAddress', { 'aws:x': '203.0.113.0/24' }, { 'aws:x': 'localhost' }],
    ['ArnNotLike', { 'aws:x': 'arn:aws:iam::*:role/a' }, { 'aws:x': 'role/a' }],
    ['ArnLike', { 'aws:x': 'arn:aws:iam:*:role/a' }, { 'aws:x': 'arn:aws:iam::111122223333:role/a' }],
    ['StringEquals', { 'aws:x': 'a' }, { 'aws:x': ['a', 'b'] }],
  ])('%s %j with %j cannot be decided: nothing is allowed, and what is denied stays so', (operator, keys, context) => {
    const Condition = { [operator]: keys };
    expect(ask(policy(allow({ Condition })), context)).toBe('implicit_deny');
    expect(ask(policy(allow(), deny({ Condition })), context)).toBe('explicit_deny');
  });
});

describe('trust policies', () => {
  const role = 'arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Developer_1';
  const session = 'arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Developer_1/alice@corp.com';
  const trust = (more: Partial<Statement>): PolicyDocument =>
    policy({ Effect: 'Allow', Action: 'sts:AssumeRole', ...more });
  const decide = (document: PolicyDocument, action = 'sts:AssumeRole', context: Context = {}) =>
    evaluateTrust(document, { action, principalArns: [role, session], accountId: '111122223333', context }).decision;

  test.each<[string, Statement['Principal'] & {}, boolean]>([
    ['everyone', '*', true],
    ['every AWS principal', { AWS: '*' }, true],
    ['the account by number', { AWS: '111122223333' }, true],
    ['the account by its root', { AWS: ['arn:aws:iam::111122223333:root'] }, true],
    ['the role', { AWS: role }, true],
    ['the session', { AWS: ['arn:aws:iam::1:role/x', session] }, true],
    ['another account', { AWS: '444455556666' }, false],
    ['another role', { AWS: `${role}x` }, false],
    ['a wildcard inside an ARN, which IAM does not take', { AWS: 'arn:aws:iam::111122223333:role/*' }, false],
    ['a service', { Service: '*' }, false],
    ['a federation', { Federated: '111122223333' }, false],
  ])('%s', (_, Principal, expected) => {
    expect(decide(trust({ Principal }))).toBe(expected ? 'allow' : 'implicit_deny');
  });

  test('asks for each action by itself', () => {
    const document = trust({ Principal: { AWS: '111122223333' } });
    expect(decide(document, 'sts:TagSession')).toBe('implicit_deny');
    expect(decide(document, 'sts:SetSourceIdentity')).toBe('implicit_deny');
  });

  test('compares the external ID', () => {
    const document = trust({ Principal: '*', Condition: { StringEquals: { 'sts:ExternalId': 'blue' } } });
    expect(decide(document)).toBe('implicit_deny');
    expect(decide(document, 'sts:AssumeRole', { 'sts:ExternalId': 'blue' })).toBe('allow');
  });

  test('exempts from NotPrincipal only who is named with account, role and session', () => {
    const denied = (AWS: readonly string[]) =>
      decide(
        policy(
          { Effect: 'Allow', Action: '*', Principal: '*' },
          { Effect: 'Deny', Action: '*', NotPrincipal: { AWS } },
        ),
      );
    expect(denied([role, session, '111122223333'])).toBe('allow');
    expect(denied([role, session])).toBe('explicit_deny');
    expect(denied([role, '111122223333'])).toBe('explicit_deny');
    expect(decide(trust({ NotPrincipal: { AWS: 'arn:aws:iam::1:root' } }))).toBe('implicit_deny');
  });
});
