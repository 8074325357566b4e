import {
  GetRoleCredentialsCommand,
  ListAccountRolesCommand,
  ListAccountsCommand,
  LogoutCommand,
} from '@aws-sdk/client-sso';
import { CreateTokenCommand } from '@aws-sdk/client-sso-oidc';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/server';
import { development, oidc, permissionSet, portal, production, refusalOf, signIn, sts } from './clients';

let sandbox: Sandbox;
let now: number;
beforeEach(async () => {
  now = Date.parse('2026-03-01T12:00:00Z');
  sandbox = await startSandbox({ clock: () => now });
});
afterEach(() => sandbox.close());

const locked = '777788889999';

test('accounts come in pages', async () => {
  const { accessToken } = await signIn(sandbox);
  const names: (string | undefined)[] = [];
  let nextToken: string | undefined;
  do {
    const page = await portal(sandbox).send(new ListAccountsCommand({ accessToken, maxResults: 2, nextToken }));
    expect(page.accountList?.length).toBeLessThanOrEqual(2);
    names.push(...(page.accountList ?? []).map(({ accountName }) => accountName));
    nextToken = page.nextToken ?? undefined;
  } while (nextToken);
  expect(names).toEqual(['Development', 'Production', 'Locked']);
  expect(sandbox.count('ListAccounts')).toBe(2);
});

test.each([
  ['alice@corp.example', development, ['Developer', 'ReadOnly']],
  ['alice@corp.example', production, ['ReadOnly', 'Admin']],
  ['bob@corp.example', development, ['ReadOnly']],
])('%s sees in %s the roles %j', async (user, accountId, roles) => {
  const { accessToken } = await signIn(sandbox, user);
  const { roleList } = await portal(sandbox).send(new ListAccountRolesCommand({ accessToken, accountId }));
  expect(roleList?.map(({ roleName }) => roleName)).toEqual(roles);
});

test.each([
  ['Developer', development, 3600],
  ['Admin', production, 12 * 3600],
])('the credentials of %s in %s last %i seconds, told in milliseconds', async (roleName, accountId, seconds) => {
  const { accessToken } = await signIn(sandbox);
  const command = new GetRoleCredentialsCommand({ accessToken, accountId, roleName });
  const { roleCredentials } = await portal(sandbox).send(command);
  expect(roleCredentials?.expiration).toBe(now + seconds * 1000);
  expect(roleCredentials?.accessKeyId).toMatch(/^ASIA[A-Z2-7]{16}$/);
});

describe('is refused', () => {
  test.each([
    ['a role that nobody has', development, 'Nobody', 403, 'ForbiddenException'],
    ['a role in a locked account', locked, 'Developer', 403, 'ForbiddenException'],
    ['a role in an account there is none of', '999999999999', 'Developer', 403, 'ForbiddenException'],
  ])('%s', async (_name, accountId, roleName, status, name) => {
    const { accessToken } = await signIn(sandbox);
    const command = new GetRoleCredentialsCommand({ accessToken, accountId, roleName });
    expect(await refusalOf(portal(sandbox).send(command))).toEqual({ name, status, message: 'No access' });
  });

  test('the list of roles of an account there is none of', async () => {
    const { accessToken } = await signIn(sandbox);
    const command = new ListAccountRolesCommand({ accessToken, accountId: '999999999999' });
    expect(await refusalOf(portal(sandbox).send(command))).toMatchObject({
      name: 'ResourceNotFoundException',
      status: 404,
    });
  });

  test.each([
    ['made up', () => undefined],
    ['revoked', (token: string) => sandbox.revokeToken(token)],
    [
      'too old',
      () => {
        now += 8 * 3_600_000;
      },
    ],
    [
      'logged out',
      async (accessToken: string) => {
        await portal(sandbox).send(new LogoutCommand({ accessToken }));
      },
    ],
  ])('a token that is %s', async (how, end) => {
    const { accessToken } = await signIn(sandbox);
    await end(accessToken);
    const used = how === 'made up' ? 'aoaAAAAAnothing' : accessToken;
    expect(await refusalOf(portal(sandbox).send(new ListAccountsCommand({ accessToken: used })))).toEqual({
      name: 'UnauthorizedException',
      status: 401,
      message: 'Session token not found or invalid',
    });
  });
});

test('logout ends the refresh token too, but no session that was handed out', async () => {
  // By this machine's clock, since the SDK signs with it.
  now = Date.now();
  const { client, accessToken, refreshToken } = await signIn(sandbox);
  const keys = await permissionSet(sandbox);
  await portal(sandbox).send(new LogoutCommand({ accessToken }));
  const refresh = new CreateTokenCommand({ ...client, grantType: 'refresh_token', refreshToken });
  expect(await refusalOf(oidc(sandbox).send(refresh))).toMatchObject({ name: 'InvalidGrantException' });
  expect(await sts(sandbox, keys).send(new GetCallerIdentityCommand({}))).toHaveProperty('Arn');
});
