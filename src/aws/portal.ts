import type { Portal, Session } from '../broker/ports';
import type { ZspError } from '../errors';
import type { SsoSession } from '../profile/profile';
import { Secret } from '../secret';
import { isText } from './answers';
import type { Call } from './call';
import type { ClockSkew } from './clock-skew';
import { type Failure, reason, refusal } from './faults';
import { ask, field, parse } from './rest-json';

/**
 * The access portal: https://docs.aws.amazon.com/singlesignon/latest/PortalAPIReference/welcome.html
 * A session's `expiration` is as AWS says it, on AWS's clock; its `issuedAt` is on ours.
 */
export function createPortal(call: Call, clock: ClockSkew, now: () => number): Portal {
  return {
    async roleCredentials(at, token, accountId, roleName) {
      return await call({
        name: 'GetRoleCredentials',
        endpoint: at.endpoints.portal,
        region: at.region,
        secrets: [token],
        wanted: 'credentials',
        async send(attempt) {
          const query = { role_name: roleName, account_id: accountId };
          return parse(await ask(attempt, token, { method: 'GET', path: '/federation/credentials', query }));
        },
        read: (output) => readSession(field(output, 'roleCredentials'), accountId, clock, now),
        explain: (failure) => signedOut(at, failure) ?? noSuchRole(failure, accountId, roleName),
      });
    },

    async logout(at, token) {
      await call({
        name: 'Logout',
        endpoint: at.endpoints.portal,
        region: at.region,
        secrets: [token],
        wanted: 'a confirmation',
        send: (attempt) => ask(attempt, token, { method: 'POST', path: '/logout' }),
        read: () => true,
        explain: (failure) => signedOut(at, failure),
      });
    },
  };
}

function readSession(answer: unknown, accountId: string, clock: ClockSkew, now: () => number): Session | undefined {
  const { accessKeyId, secretAccessKey, sessionToken, expiration } = (answer ?? {}) as Record<string, unknown>;
  if (!isText(accessKeyId) || !isText(secretAccessKey) || !isText(sessionToken)) return undefined;
  if (typeof expiration !== 'number' || !(expiration > clock.now())) return undefined;
  return {
    accessKeyId,
    secretAccessKey: new Secret(secretAccessKey),
    sessionToken: new Secret(sessionToken),
    issuedAt: now(),
    expiration,
    accountId,
  };
}

export function signedOut(at: SsoSession, failure: Failure): ZspError | undefined {
  if (failure.status !== 401) return undefined;
  return refusal('sign_in_required', `AWS has ended the sign-in to ${at.name}`, failure, `run: zsp login ${at.name}`);
}

function noSuchRole(failure: Failure, accountId: string, roleName: string): ZspError | undefined {
  if (failure.status !== 403 && failure.status !== 404) return undefined;
  return refusal(
    'access_denied',
    `AWS gives you no permission set ${roleName} in account ${accountId} (${reason(failure)})`,
    failure,
    'signing in again will not help; ask the administrator of IAM Identity Center to assign it to you',
  );
}
