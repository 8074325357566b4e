import { randomUUID } from 'node:crypto';
import { assignments, permissionSetRoleArn, reservedName } from './directory';
import { newCredential, type Principal, type SignedIn, uniqueId } from './issued';
import { type Answer, type Call, first, type LoggedRequest, type Operation, Refusal } from './wire';
import type { World } from './world';

/** IAM Identity Center's access portal: https://docs.aws.amazon.com/singlesignon/latest/PortalAPIReference/ */

interface Route {
  readonly method: string;
  readonly name: string;
  readonly answer: (world: World, signedIn: SignedIn, call: Call) => object | undefined;
}

const routes: Readonly<Record<string, Route>> = {
  '/assignment/accounts': { method: 'GET', name: 'ListAccounts', answer: listAccounts },
  '/assignment/roles': { method: 'GET', name: 'ListAccountRoles', answer: listAccountRoles },
  '/federation/credentials': { method: 'GET', name: 'GetRoleCredentials', answer: getRoleCredentials },
  '/logout': { method: 'POST', name: 'Logout', answer: logout },
};

export function portalOperation(world: World, call: Call): Operation | undefined {
  const route = routes[call.path];
  if (route?.method !== call.method) return undefined;
  return {
    name: route.name,
    service: 'portal',
    parameters: Object.fromEntries(call.query.filter(([name]) => /^(account_id|role_name|max_result)$/.test(name))),
    refuse,
    run: (log: LoggedRequest) => {
      const signedIn = bearer(world, call);
      log.principal = signedIn.user;
      const body = route.answer(world, signedIn, call);
      return answer(200, body);
    },
  };
}

function bearer(world: World, call: Call): SignedIn {
  const token = call.headers['x-amz-sso_bearer_token'];
  if (!token) throw new Refusal(400, 'InvalidRequestException', 'Missing required header: x-amz-sso_bearer_token');
  const signedIn = world.issued.accessTokens.get(token);
  if (!signedIn || world.now() >= signedIn.expiration) {
    throw new Refusal(401, 'UnauthorizedException', 'Session token not found or invalid');
  }
  return signedIn;
}

function listAccounts(world: World, { user }: SignedIn, call: Call): object {
  const mine = world.directory.accounts
    .filter(({ accountId }) => assignments(world.directory, user, accountId).length > 0)
    .map(({ accountId, accountName, emailAddress }) => ({ accountId, accountName, emailAddress }));
  const { page, nextToken } = paginate(mine, call);
  return { accountList: page, nextToken };
}

function listAccountRoles(world: World, { user }: SignedIn, call: Call): object {
  const accountId = required(call, 'account_id');
  if (!world.directory.accounts.some((account) => account.accountId === accountId)) {
    throw new Refusal(404, 'ResourceNotFoundException', 'Account not found');
  }
  const sets = assignments(world.directory, user, accountId);
  if (sets.length === 0) throw noAccess;
  const { page, nextToken } = paginate(
    sets.map(({ roleName }) => ({ accountId, roleName })),
    call,
  );
  return { nextToken, roleList: page };
}

function getRoleCredentials(world: World, { user }: SignedIn, call: Call): object {
  const accountId = required(call, 'account_id');
  const roleName = required(call, 'role_name');
  const set = assignments(world.directory, user, accountId).find((one) => one.roleName === roleName);
  const locked = world.directory.accounts.find((account) => account.accountId === accountId)?.locked === true;
  if (!set || locked) throw noAccess;

  const roleArn = permissionSetRoleArn(world.directory, accountId, roleName);
  const principal: Principal = {
    arn: `arn:aws:sts::${accountId}:assumed-role/${reservedName(roleName)}/${user}`,
    principalArn: roleArn,
    accountId,
    userId: `${uniqueId('AROA', roleArn)}:${user}`,
    kind: 'AssumedRole',
    identity: set.policies,
    tags: {},
    transitiveTags: [],
  };
  const now = world.now();
  const expiration = Math.floor(now / 1000 + set.sessionSeconds) * 1000;
  const issued = newCredential(world.issued, principal, now, expiration, world.options.sessionTokenLength);
  const { accessKeyId, secretAccessKey, sessionToken } = issued;
  return { roleCredentials: { accessKeyId, secretAccessKey, sessionToken, expiration } };
}

/** Ends the sign-in's tokens. Role sessions that were handed out live on. */
function logout(world: World, signedIn: SignedIn): undefined {
  for (const tokens of [world.issued.accessTokens, world.issued.refreshTokens]) {
    for (const [token, { id }] of tokens) if (id === signedIn.id) tokens.delete(token);
  }
}

function required(call: Call, name: string): string {
  const value = first(call.query, name);
  if (!value) throw new Refusal(400, 'InvalidRequestException', `Missing required parameter: ${name}`);
  return value;
}

function paginate<T>(items: readonly T[], call: Call): { page: readonly T[]; nextToken: string | null } {
  const size = Number(first(call.query, 'max_result') ?? 20);
  const token = first(call.query, 'next_token');
  const start = token ? Number(Buffer.from(token, 'base64url').toString()) : 0;
  if (!(Number.isInteger(size) && size >= 1 && size <= 100)) {
    throw new Refusal(400, 'InvalidRequestException', 'Invalid max_result');
  }
  if (!Number.isInteger(start) || start < 0) throw new Refusal(400, 'InvalidRequestException', 'Invalid next_token');
  const end = start + size;
  return {
    page: items.slice(start, end),
    nextToken: end < items.length ? Buffer.from(String(end)).toString('base64url') : null,
  };
}

const noAccess = new Refusal(403, 'ForbiddenException', 'No access');

function refuse(refusal: Refusal): Answer {
  const body = { message: refusal.message, __type: `com.amazonaws.switchboard.portal#${refusal.code}` };
  return answer(refusal.status, body, { 'x-amzn-errortype': refusal.code });
}

function answer(status: number, body: object | undefined, headers: Readonly<Record<string, string>> = {}): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json', 'x-amzn-requestid': randomUUID(), ...headers },
    body: body === undefined ? '' : JSON.stringify(body),
  };
}
