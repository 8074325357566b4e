import { createPublicKey, generateKeyPairSync, type JsonWebKey, sign, verify } from 'node:crypto';
import {
  AssumeRoleWithWebIdentityCommand,
  type AssumeRoleWithWebIdentityCommandInput,
  GetCallerIdentityCommand,
} from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/server';
import { refusalOf, roleArn, sts } from './clients';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.close());

const assume = (change: Partial<AssumeRoleWithWebIdentityCommandInput> = {}) =>
  sts(sandbox, { accessKeyId: 'none', secretAccessKey: 'none' }).send(
    new AssumeRoleWithWebIdentityCommand({
      RoleArn: roleArn('pipeline'),
      RoleSessionName: 'build-7',
      WebIdentityToken: sandbox.webIdentityToken(),
      ...change,
    }),
  );

const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');

test('a pipeline’s token is worth a session of the role that trusts it', async () => {
  const { Credentials, ...answer } = await assume({ DurationSeconds: 900 });
  expect(answer).toMatchObject({
    SubjectFromWebIdentityToken: 'repo:corp/app:ref:refs/heads/main',
    Audience: 'sts.amazonaws.com',
    AssumedRoleUser: { Arn: 'arn:aws:sts::444455556666:assumed-role/pipeline/build-7' },
  });
  const { AccessKeyId: accessKeyId = '', SecretAccessKey: secretAccessKey = '', SessionToken } = Credentials ?? {};
  const keys = { accessKeyId, secretAccessKey, sessionToken: SessionToken ?? '' };
  const { Arn } = await sts(sandbox, keys).send(new GetCallerIdentityCommand({}));
  expect(Arn).toBe('arn:aws:sts::444455556666:assumed-role/pipeline/build-7');
});

test('its provider says where its keys are, and they hold', async () => {
  const discovered = await fetch(`${sandbox.url}/.well-known/openid-configuration`);
  const discovery = (await discovered.json()) as { issuer: string; jwks_uri: string };
  expect(discovery).toMatchObject({ issuer: 'https://token.corp.example' });
  const { keys } = (await (await fetch(discovery.jwks_uri)).json()) as { keys: JsonWebKey[] };
  const [head, body, signature = ''] = sandbox.webIdentityToken().split('.');
  const key = createPublicKey({ key: keys[0] ?? {}, format: 'jwk' });
  expect(verify('sha256', Buffer.from(`${head}.${body}`), key, Buffer.from(signature, 'base64url'))).toBe(true);
});

describe('is refused', () => {
  test.each<[string, Record<string, unknown>, number, string, RegExp]>([
    [
      'of a branch the role does not trust',
      { sub: 'repo:corp/app:ref:refs/heads/evil' },
      403,
      'AccessDenied',
      /^Not authorized to perform sts:AssumeRoleWithWebIdentity$/,
    ],
    ['for another audience of the provider', { aud: 'corp-internal' }, 403, 'AccessDenied', /Not authorized/],
    ['for an audience nobody knows', { aud: 'vault' }, 400, 'InvalidIdentityToken', /^Incorrect token audience$/],
    [
      'of a provider nobody knows',
      { iss: 'https://evil.example' },
      400,
      'InvalidIdentityToken',
      /^No OpenIDConnect provider found in your account for https:\/\/evil.example$/,
    ],
    [
      'that has ended',
      { exp: 1_700_000_000 },
      400,
      'ExpiredTokenException',
      /^Token expired: current date\/time \d+ must be before the expiration date\/time 1700000000$/,
    ],
    ['that holds from next year on', { nbf: 4_000_000_000 }, 403, 'IDPRejectedClaim', /nbf/],
  ])('a token %s', async (_name, claims, status, name, message) => {
    const refusal = await refusalOf(assume({ WebIdentityToken: sandbox.webIdentityToken(claims) }));
    expect({ ...refusal, name: refusal.name.replace(/Exception$/, '') }).toEqual({
      status,
      name: name.replace(/Exception$/, ''),
      message: expect.stringMatching(message),
    });
  });

  test.each<[string, (token: string) => string]>([
    ['not a token', () => 'no.token.this'],
    ['without a signature', (token) => token.replace(/[^.]*$/, '')],
    [
      'whose claims were changed',
      (token) =>
        token.replace(
          /\.[^.]+\./,
          `.${encode({ iss: 'https://token.corp.example', sub: 'repo:corp/app:ref:refs/heads/main', aud: 'sts.amazonaws.com', exp: 4_000_000_000 })}.`,
        ),
    ],
    ['that signs nothing', (token) => `${encode({ alg: 'none', typ: 'JWT' })}.${token.split('.')[1]}.x`],
    [
      'signed by somebody else',
      (token) => {
        const signed = token.split('.').slice(0, 2).join('.');
        const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
        return `${signed}.${sign('sha256', Buffer.from(signed), privateKey).toString('base64url')}`;
      },
    ],
  ])('a token %s', async (_name, change) => {
    const token = change(sandbox.webIdentityToken());
    const refusal = await refusalOf(assume({ WebIdentityToken: token }));
    expect(refusal).toMatchObject({ name: expect.stringMatching(/^InvalidIdentityToken/), status: 400 });
    expect(refusal.message).not.toContain(token);
  });

  test('a role that trusts people, not providers', async () => {
    const refusal = await refusalOf(assume({ RoleArn: roleArn('deploy') }));
    expect(refusal).toMatchObject({ name: 'AccessDenied', status: 403 });
  });

  test('more time than the role gives', async () => {
    expect(await refusalOf(assume({ DurationSeconds: 7200 }))).toMatchObject({ status: 400, message: /MaxSession/ });
  });
});

test('the session policy binds here too', async () => {
  const { PackedPolicySize } = await assume({
    Policy: '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}',
  });
  expect(PackedPolicySize).toBeGreaterThan(0);
});
