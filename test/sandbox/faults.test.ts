import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { GetRoleCredentialsCommand } from '@aws-sdk/client-sso';
import { CreateTokenCommand, RegisterClientCommand } from '@aws-sdk/client-sso-oidc';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/server';
import { development, longLived, oidc, portal, refusalOf, s3, signIn, sts } from './clients';

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await startSandbox();
});
afterEach(() => sandbox.close());

const whoAmI = () => sts(sandbox, longLived).send(new GetCallerIdentityCommand({}));
const ask = {
  RegisterClient: () => oidc(sandbox).send(new RegisterClientCommand({ clientName: 'test', clientType: 'public' })),
  GetRoleCredentials: () => {
    const input = { accessToken: 'none', accountId: development, roleName: 'Developer' };
    return portal(sandbox).send(new GetRoleCredentialsCommand(input));
  },
  GetCallerIdentity: whoAmI,
  ListObjectsV2: () => s3(sandbox, longLived).send(new ListObjectsV2Command({ Bucket: 'scratch' })),
};

describe('each service says in its own words', () => {
  test.each([
    ['RegisterClient', 'throttle', 400, 'SlowDownException'],
    ['GetRoleCredentials', 'throttle', 429, 'TooManyRequestsException'],
    ['GetCallerIdentity', 'throttle', 400, 'Throttling'],
    ['ListObjectsV2', 'throttle', 503, 'SlowDown'],
    ['RegisterClient', 'error500', 500, 'InternalServerException'],
    ['GetRoleCredentials', 'error500', 500, 'InternalServerException'],
    ['GetCallerIdentity', 'error500', 500, 'InternalFailure'],
    ['ListObjectsV2', 'error500', 500, 'InternalError'],
  ] as const)('%s: %s', async (operation, action, status, name) => {
    sandbox.faults.push({ match: { operation }, action });
    expect(await refusalOf(ask[operation]())).toMatchObject({ status, name });
  });
});

test('a fault hits as often as it says, and only its operation', async () => {
  sandbox.faults.push({ match: { operation: 'GetCallerIdentity', times: 2 }, action: 'error500' });
  await ask.RegisterClient();
  expect(await refusalOf(whoAmI())).toMatchObject({ status: 500 });
  expect(await refusalOf(whoAmI())).toMatchObject({ status: 500 });
  expect(await whoAmI()).toHaveProperty('Account');
  expect(sandbox.faults).toEqual([]);
});

test('a dropped answer has had its effect: the refresh token is spent', async () => {
  const { client, refreshToken } = await signIn(sandbox);
  const refresh = () =>
    oidc(sandbox).send(new CreateTokenCommand({ ...client, grantType: 'refresh_token', refreshToken }));
  sandbox.faults.push({ match: { times: 1 }, action: 'drop' });
  await expect(refresh()).rejects.toThrow();
  expect(await refusalOf(refresh())).toMatchObject({ name: 'InvalidGrantException' });
});

test('a hanging request is never answered', async () => {
  sandbox.faults.push({ match: {}, action: 'hang' });
  const request = fetch(`${sandbox.url}/`, { signal: AbortSignal.timeout(300) });
  await expect(request).rejects.toThrow(/timeout|aborted/i);
  expect(sandbox.requests.at(-1)?.status).toBe(0);
});

test.each([
  ['garbage', 200, 'application/octet-stream'],
  ['html', 200, 'text/html; charset=utf-8'],
  ['redirect', 302, 'text/html; charset=utf-8'],
  [{ status: 418, body: 'short and stout', headers: { 'content-type': 'text/tea' } }, 418, 'text/tea'],
] as const)('%j answers %i', async (action, status, type) => {
  sandbox.faults.push({ match: {}, action, retryAfter: 7 });
  const response = await fetch(`${sandbox.url}/assignment/accounts`, { redirect: 'manual' });
  expect([response.status, response.headers.get('content-type')]).toEqual([status, type]);
  expect(response.headers.get('retry-after')).toBe('7');
});

test('who follows the redirect is seen', async () => {
  sandbox.faults.push({ match: { times: 1 }, action: 'redirect' });
  await fetch(`${sandbox.url}/assignment/accounts`);
  expect(sandbox.count('CaptivePortal')).toBe(1);
});
