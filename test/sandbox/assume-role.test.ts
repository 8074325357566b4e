import { randomBytes } from 'node:crypto';
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { AssumeRoleCommand, type AssumeRoleCommandInput, GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readParameters } from '../../src/sandbox/assume-role-parameters';
import { corp } from '../../src/sandbox/corp';
import type { Role } from '../../src/sandbox/directory';
import { type Sandbox, startSandbox } from '../../src/sandbox/server';
import { Refusal } from '../../src/sandbox/wire';
import { assume, type Keys, longLived, permissionSet, production, refusalOf, roleArn, s3, sts } from './clients';
import { fuzzing } from './fuzzing';

let sandbox: Sandbox;
let developer: Keys;
beforeAll(async () => {
  sandbox = await startSandbox();
  developer = await permissionSet(sandbox);
});
afterAll(() => sandbox.close());

const caller = 'arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Developer_0123456789abcdef/alice@corp.example';
const request = (input: Partial<AssumeRoleCommandInput>, keys = developer) =>
  sts(sandbox, keys).send(new AssumeRoleCommand({ RoleArn: roleArn('deploy'), RoleSessionName: 'alice', ...input }));
const notAuthorized = (action: string, role: string, who = caller) =>
  `User: ${who} is not authorized to perform: ${action} on resource: ${roleArn(role)}`;
const violated = (value: string, at: string, constraint: string) =>
  `1 validation error detected: Value ${value} at '${at}' failed to satisfy constraint: ${constraint}`;

test('answers with the session and whose it is', async () => {
  const answer = await request({
    Policy: '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}',
  });
  expect(answer.AssumedRoleUser).toEqual({
    Arn: `arn:aws:sts::${production}:assumed-role/deploy/alice`,
    AssumedRoleId: expect.stringMatching(/^AROA[A-Z2-7]{17}:alice$/),
  });
  expect(answer.PackedPolicySize).toBeGreaterThan(0);
  const identity = await sts(sandbox, {
    accessKeyId: answer.Credentials?.AccessKeyId ?? '',
    secretAccessKey: answer.Credentials?.SecretAccessKey ?? '',
    sessionToken: answer.Credentials?.SessionToken ?? '',
  }).send(new GetCallerIdentityCommand({}));
  expect(identity.Arn).toBe(answer.AssumedRoleUser?.Arn);
});

test('a role with a path loses it in the session’s ARN', async () => {
  const { AssumedRoleUser } = await request({ RoleArn: roleArn('path/nested') });
  expect(AssumedRoleUser?.Arn).toBe(`arn:aws:sts::${production}:assumed-role/nested/alice`);
});

describe('refuses with ValidationError', () => {
  const must = 'Member must have';
  const session = '[\\w+=,.@-]*';
  test.each<[string, Partial<AssumeRoleCommandInput>, string]>([
    [
      'a duration under 15 minutes',
      { DurationSeconds: 899 },
      violated("'899'", 'durationSeconds', `${must} value greater than or equal to 900`),
    ],
    [
      'a duration over 12 hours',
      { DurationSeconds: 43_201 },
      violated("'43201'", 'durationSeconds', `${must} value less than or equal to 43200`),
    ],
    [
      'over an hour when chained',
      { RoleArn: roleArn('admin'), DurationSeconds: 3601 },
      'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining',
    ],
    [
      'a session name of one letter',
      { RoleSessionName: 'a' },
      violated("'a'", 'roleSessionName', `${must} length greater than or equal to 2`),
    ],
    [
      'a session name of 65 letters',
      { RoleSessionName: 'a'.repeat(65) },
      violated(`'${'a'.repeat(65)}'`, 'roleSessionName', `${must} length less than or equal to 64`),
    ],
    [
      'a session name with a space',
      { RoleSessionName: 'a b' },
      violated("'a b'", 'roleSessionName', `Member must satisfy regular expression pattern: ${session}`),
    ],
    [
      'a source identity with a colon',
      { SourceIdentity: 'a:b' },
      violated("'a:b'", 'sourceIdentity', `Member must satisfy regular expression pattern: ${session}`),
    ],
    [
      'an external ID of one letter',
      { ExternalId: 'x' },
      violated("'x'", 'externalId', `${must} length greater than or equal to 2`),
    ],
    [
      'a policy of 2,049 characters',
      { Policy: 'x'.repeat(2049) },
      violated(`'${'x'.repeat(2049)}'`, 'policy', `${must} length less than or equal to 2048`),
    ],
    [
      'something that is no role',
      { RoleArn: 'arn:aws:iam::444455556666:user/alice' },
      'arn:aws:iam::444455556666:user/alice is invalid',
    ],
  ])('%s', async (_name, input, message) => {
    expect(await refusalOf(request(input))).toEqual({ name: 'ValidationError', status: 400, message });
  });

  test('two things at once, both named', async () => {
    const { message } = await refusalOf(request({ RoleSessionName: 'a', DurationSeconds: 1 }));
    expect(message).toMatch(/^2 validation errors detected: .*'roleSessionName'.*; .*'durationSeconds'/);
  });

  test('eleven policy ARNs', async () => {
    const PolicyArns = Array.from({ length: 11 }, (_, at) => ({ arn: `arn:aws:iam::aws:policy/Some${at}` }));
    expect((await refusalOf(request({ PolicyArns }))).message).toMatch(/'policyArns'.*less than or equal to 10$/);
  });

  test('fifty-one tags', async () => {
    const Tags = Array.from({ length: 51 }, (_, at) => ({ Key: `k${at}`, Value: 'v' }));
    expect((await refusalOf(request({ Tags }))).message).toMatch(/'tags'.*less than or equal to 50$/);
  });

  test('a duration over the role’s maximum', async () => {
    const asked = request({ RoleArn: roleArn('admin'), DurationSeconds: 43_200 }, longLived);
    expect((await asked).Credentials?.Expiration?.getTime()).toBeGreaterThan(Date.now() + 43_100_000);
    const role = await startSandbox({
      directory: {
        ...sandbox.options.directory,
        roles: sandbox.options.directory.roles.map((one) => ({ ...one, maxSessionSeconds: 3600 })),
      },
    });
    const refused = refusalOf(
      sts(role, longLived).send(
        new AssumeRoleCommand({ RoleArn: roleArn('admin'), RoleSessionName: 'ci', DurationSeconds: 7200 }),
      ),
    );
    expect((await refused).message).toBe(
      'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
    );
    await role.close();
  });
});

describe('refuses a session policy', () => {
  test.each([
    ['that is no JSON', 'x', 'MalformedPolicyDocumentException', 'This policy contains invalid Json'],
    ['without statements', '{"Version":"2012-10-17"}', 'MalformedPolicyDocumentException', 'Syntax errors in policy.'],
    [
      'that names a principal',
      '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}]}',
      'MalformedPolicyDocumentException',
      'Syntax errors in policy.',
    ],
  ])('%s', async (_name, Policy, name, message) => {
    expect(await refusalOf(request({ Policy }))).toEqual({ name, message, status: 400 });
  });

  test('that does not pack', async () => {
    // Random text does not compress.
    const noise = `arn:aws:s3:::${randomBytes(1400).toString('base64url')}`;
    const Policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: noise }],
    });
    expect(Policy.length).toBeLessThanOrEqual(2048);
    expect(await refusalOf(request({ Policy }))).toMatchObject({
      name: 'PackedPolicyTooLargeException',
      message: expect.stringMatching(/^Packed policy consumes \d+% of allotted space, please use smaller policy\.$/),
    });
  });
});

describe('denies', () => {
  test.each<[string, Partial<AssumeRoleCommandInput>, string, string]>([
    ['a role that trusts others', { RoleArn: roleArn('denied') }, 'sts:AssumeRole', 'denied'],
    ['a role there is none of', { RoleArn: roleArn('nowhere') }, 'sts:AssumeRole', 'nowhere'],
    ['the vendor’s role without the external ID', { RoleArn: roleArn('vendor') }, 'sts:AssumeRole', 'vendor'],
    [
      'the vendor’s role with another external ID',
      { RoleArn: roleArn('vendor'), ExternalId: 'other' },
      'sts:AssumeRole',
      'vendor',
    ],
    [
      'a source identity where the trust policy does not allow it',
      { SourceIdentity: 'alice' },
      'sts:SetSourceIdentity',
      'deploy',
    ],
    [
      'tags where the trust policy does not allow them',
      { Tags: [{ Key: 'team', Value: 'web' }] },
      'sts:TagSession',
      'deploy',
    ],
  ])('%s', async (_name, input, action, role) => {
    expect(await refusalOf(request(input))).toEqual({
      name: 'AccessDenied',
      status: 403,
      message: notAuthorized(action, role),
    });
  });

  test('a source identity where the caller’s own policies do not allow it', async () => {
    const input = { RoleArn: roleArn('admin'), SourceIdentity: 'ci' };
    expect((await refusalOf(request(input, longLived))).message).toBe(
      notAuthorized('sts:SetSourceIdentity', 'admin', 'arn:aws:iam::111122223333:user/legacy-ci'),
    );
  });

  test('a session whose policy leaves out sts:AssumeRole, and says so', async () => {
    const scoped = await assume(sandbox, developer, {
      RoleArn: roleArn('audited'),
      Policy: '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}',
    });
    expect((await refusalOf(request({}, scoped))).message).toMatch(
      /because no session policy allows the sts:AssumeRole action$/,
    );
  });
});

test('the vendor’s role opens with its external ID', async () => {
  expect(await request({ RoleArn: roleArn('vendor'), ExternalId: 'corp-vendor-42' })).toHaveProperty('Credentials');
});

describe('along a chain of roles', () => {
  const setters = ['sts:AssumeRole', 'sts:SetSourceIdentity', 'sts:TagSession'];
  const chained = (name: string, Action: string | string[], AWS: string, may: string[] = setters): Role => ({
    arn: roleArn(name),
    trust: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: { AWS }, Action }] },
    policies:
      may.length === 0 ? [] : [{ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: may, Resource: '*' }] }],
    maxSessionSeconds: 3600,
  });
  const roles = [
    chained('first', setters, 'arn:aws:iam::111122223333:root'),
    chained('second', setters, roleArn('first')),
    chained('plain', 'sts:AssumeRole', roleArn('first')),
    chained('powerless', 'sts:AssumeRole', 'arn:aws:iam::111122223333:root', []),
    chained('trusts-the-role', 'sts:AssumeRole', roleArn('powerless')),
    chained('trusts-the-account', 'sts:AssumeRole', `arn:aws:iam::${production}:root`),
  ];
  let chain: Sandbox;
  beforeAll(async () => {
    chain = await startSandbox({ directory: { ...corp, roles } });
  });
  afterAll(() => chain.close());

  const hop = async (keys: Keys, role: string, input: Partial<AssumeRoleCommandInput> = {}) =>
    sts(chain, keys).send(new AssumeRoleCommand({ RoleArn: roleArn(role), RoleSessionName: 'alice', ...input }));
  const start = async (role: string, input: Partial<AssumeRoleCommandInput> = {}) =>
    assume(chain, await permissionSet(chain), { ...input, RoleArn: roleArn(role) });

  test('a source identity stays', async () => {
    const first = await start('first', { SourceIdentity: 'alice' });
    expect((await hop(first, 'second')).SourceIdentity).toBe('alice');
    expect((await hop(first, 'second', { SourceIdentity: 'alice' })).SourceIdentity).toBe('alice');
  });

  test('it cannot become another', async () => {
    const first = await start('first', { SourceIdentity: 'alice' });
    expect(await refusalOf(hop(first, 'second', { SourceIdentity: 'mallory' }))).toMatchObject({
      name: 'AccessDenied',
    });
  });

  test.each<[string, Partial<AssumeRoleCommandInput>, string]>([
    ['a source identity', { SourceIdentity: 'alice' }, 'sts:SetSourceIdentity'],
    ['transitive tags', { Tags: [{ Key: 'team', Value: 'web' }], TransitiveTagKeys: ['team'] }, 'sts:TagSession'],
  ])('%s needs leave at every role, even unsaid', async (_name, input, action) => {
    const first = await start('first', input);
    const { message } = await refusalOf(hop(first, 'plain'));
    expect(message).toContain(`is not authorized to perform: ${action} on resource: ${roleArn('plain')}`);
  });

  test('a transitive tag cannot be set anew, another can', async () => {
    const first = await start('first', { Tags: [{ Key: 'team', Value: 'web' }], TransitiveTagKeys: ['team'] });
    const anew = hop(first, 'second', { Tags: [{ Key: 'Team', Value: 'root' }] });
    expect(await refusalOf(anew)).toMatchObject({ name: 'InvalidParameterValue' });
    expect(await hop(first, 'second', { Tags: [{ Key: 'ticket', Value: '1' }] })).toHaveProperty('Credentials');
  });

  test('within one account, a trust policy that names the role is enough; one that names the account is not', async () => {
    const powerless = await start('powerless');
    expect(await hop(powerless, 'trusts-the-role')).toHaveProperty('Credentials');
    expect(await refusalOf(hop(powerless, 'trusts-the-account'))).toMatchObject({ name: 'AccessDenied' });
  });
});

test('tag keys are compared without case, and transitive ones must be among them', async () => {
  const twice = request({
    RoleArn: roleArn('audited'),
    Tags: [
      { Key: 'a', Value: '1' },
      { Key: 'A', Value: '2' },
    ],
  });
  expect(await refusalOf(twice)).toMatchObject({ name: 'InvalidParameterValue', status: 400 });
  const foreign = request({ RoleArn: roleArn('audited'), Tags: [{ Key: 'a', Value: '1' }], TransitiveTagKeys: ['b'] });
  expect(await refusalOf(foreign)).toMatchObject({ name: 'InvalidParameterValue', status: 400 });
});

test('the log keeps what was asked for', async () => {
  await request({
    RoleArn: roleArn('audited'),
    SourceIdentity: 'alice',
    DurationSeconds: 900,
    Tags: [{ Key: 'team', Value: 'web' }],
  });
  expect(sandbox.requests.at(-1)?.parameters).toEqual({
    RoleArn: roleArn('audited'),
    RoleSessionName: 'alice',
    SourceIdentity: 'alice',
    DurationSeconds: '900',
    'Tags.member.1.Key': 'team',
    'Tags.member.1.Value': 'web',
  });
});

describe('a session may do what role and session policy both allow', () => {
  const inline = (statement: object) => JSON.stringify({ Version: '2012-10-17', Statement: statement });
  const listing = (Resource: string) => inline({ Effect: 'Allow', Action: 's3:ListBucket', Resource });
  const readOnly = [{ arn: 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess' }];

  test.each<[string, string, Partial<AssumeRoleCommandInput>, string, string]>([
    ['no session policy', 'admin', {}, 'secrets', 'allowed'],
    [
      'a session policy for another bucket',
      'admin',
      { Policy: listing('arn:aws:s3:::artifacts') },
      'secrets',
      'because no session policy allows the s3:ListBucket action',
    ],
    ['a session policy for this bucket', 'admin', { Policy: listing('arn:aws:s3:::secrets') }, 'secrets', 'allowed'],
    [
      'a session policy wider than the role',
      'deploy',
      { Policy: listing('*') },
      'secrets',
      'because no identity-based policy allows the s3:ListBucket action',
    ],
    ['a managed session policy', 'admin', { PolicyArns: readOnly }, 'secrets', 'allowed'],
    [
      'inline or managed, whichever allows',
      'admin',
      { Policy: listing('arn:aws:s3:::artifacts'), PolicyArns: readOnly },
      'secrets',
      'allowed',
    ],
    [
      'a denial in the session policy',
      'admin',
      {
        Policy: inline([
          { Effect: 'Allow', Action: '*', Resource: '*' },
          { Effect: 'Deny', Action: 's3:ListBucket', Resource: '*' },
        ]),
      },
      'secrets',
      'with an explicit deny in a session policy',
    ],
    [
      'a fence in the past',
      'admin',
      {
        Policy: inline([
          { Effect: 'Allow', Action: '*', Resource: '*' },
          {
            Effect: 'Deny',
            Action: '*',
            Resource: '*',
            Condition: { DateGreaterThan: { 'aws:CurrentTime': '2020-01-01T00:00:00Z' } },
          },
        ]),
      },
      'secrets',
      'with an explicit deny in a session policy',
    ],
    [
      'a fence in the future',
      'admin',
      {
        Policy: inline([
          { Effect: 'Allow', Action: '*', Resource: '*' },
          {
            Effect: 'Deny',
            Action: '*',
            Resource: '*',
            Condition: { DateGreaterThan: { 'aws:CurrentTime': '2120-01-01T00:00:00Z' } },
          },
        ]),
      },
      'secrets',
      'allowed',
    ],
  ])('%s', async (_name, role, input, Bucket, expected) => {
    const keys = await assume(sandbox, developer, { ...input, RoleArn: roleArn(role) });
    const asked = s3(sandbox, keys).send(new ListObjectsV2Command({ Bucket }));
    const outcome = await asked.then(
      () => 'allowed',
      (error: Error) => error.message,
    );
    expect(outcome).toContain(expected);
  });
});

test('no form makes the parameter reader fail otherwise than by refusing', () => {
  const names = fc.constantFrom(
    'RoleArn',
    'RoleSessionName',
    'DurationSeconds',
    'Policy',
    'Tags.member.1.Key',
    'PolicyArns.member.2.arn',
    'TransitiveTagKeys.member.1',
    'Tags.member.x.Key',
  );
  const values = fc.oneof(fc.string(), fc.json(), fc.constant(roleArn('deploy')), fc.constant('alice'));
  fc.assert(
    fc.property(fc.array(fc.tuple(names, values)), (pairs) => {
      try {
        readParameters(new Map(pairs));
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
      }
    }),
    fuzzing,
  );
});
