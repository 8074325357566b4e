import { evaluateTrust } from '../policy/evaluate';
import { readParameters } from './assume-role-parameters';
import type { OidcProvider } from './directory';
import type { QueryRequest } from './query-protocol';
import { openSession } from './role-session';
import type { Claims } from './token-issuer';
import { type LoggedRequest, Refusal } from './wire';
import type { World } from './world';
import type { XmlTree } from './xml';

const action = 'sts:AssumeRoleWithWebIdentity';
const taken = /^(RoleArn|RoleSessionName|Policy|PolicyArns\..*|DurationSeconds)$/;

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html */
export function assumeRoleWithWebIdentity(world: World, request: QueryRequest, log: LoggedRequest): XmlTree {
  const parameters = readParameters(new Map([...request.form].filter(([name]) => taken.test(name))));
  const claims = checkedClaims(world, request.form.get('WebIdentityToken'));
  log.principal = claims.sub;
  const role = world.directory.roles.find(({ arn }) => arn === parameters.roleArn);
  const accountId = parameters.roleArn.split(':')[4];
  const provider = world.directory.oidcProviders.find(
    ({ arn, issuer }) => issuer === claims.iss && arn.split(':')[4] === accountId,
  );
  if (!provider) {
    throw new Refusal(400, 'InvalidIdentityToken', `No OpenIDConnect provider found in your account for ${claims.iss}`);
  }
  const audience = checkedAudience(provider, claims);
  if (!role || !trusts(role.trust, provider, claims, audience, parameters.roleSessionName)) {
    throw new Refusal(403, 'AccessDenied', `Not authorized to perform ${action}`);
  }
  const opener = { tags: {}, transitiveTags: [], sourceIdentity: undefined, chained: false };
  return {
    ...openSession(world, role, parameters, opener),
    SubjectFromWebIdentityToken: claims.sub,
    Provider: provider.arn,
    Audience: audience,
  };
}

function checkedClaims(world: World, token: string | undefined): Claims {
  const limit = 'failed to satisfy constraint: Member must';
  if (token === undefined || token.length < 4 || token.length > 20_000) {
    const problem = token === undefined ? 'not be null' : `have length between 4 and 20000`;
    throw new Refusal(
      400,
      'ValidationError',
      `1 validation error detected: Value at 'webIdentityToken' ${limit} ${problem}`,
    );
  }
  const claims = world.tokenIssuer.read(token);
  const now = Math.floor(world.now() / 1000);
  if (now >= claims.exp) {
    const dates = `current date/time ${now} must be before the expiration date/time ${claims.exp}`;
    throw new Refusal(400, 'ExpiredTokenException', `Token expired: ${dates}`);
  }
  if (typeof claims.nbf === 'number' && claims.nbf > now + 300) {
    throw new Refusal(403, 'IDPRejectedClaim', 'The token is not valid yet: its nbf claim is in the future');
  }
  return claims;
}

function checkedAudience({ clientIds }: OidcProvider, { aud }: Claims): string {
  const audience = [aud].flat().find((one) => clientIds.includes(one));
  if (audience === undefined) throw new Refusal(400, 'InvalidIdentityToken', 'Incorrect token audience');
  return audience;
}

function trusts(
  trust: Parameters<typeof evaluateTrust>[0],
  provider: OidcProvider,
  { sub }: Claims,
  aud: string,
  roleSessionName: string,
): boolean {
  const prefix = provider.issuer.replace('https://', '');
  const context = { [`${prefix}:aud`]: aud, [`${prefix}:sub`]: sub, 'sts:RoleSessionName': roleSessionName };
  const caller = { principalArns: [], accountId: '', provider: provider.arn };
  return evaluateTrust(trust, { ...caller, action, context }).decision === 'allow';
}
