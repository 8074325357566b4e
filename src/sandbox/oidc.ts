import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { type DeviceAuthorization, newSecret, newUserCode, type Registration, type SignedIn } from './issued';
import { sameText } from './sigv4';
import { type Answer, type Call, type LoggedRequest, type Operation, Refusal } from './wire';
import type { World } from './world';

/**
 * IAM Identity Center's OIDC service: RegisterClient, StartDeviceAuthorization, CreateToken.
 * https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/, RFC 8628, RFC 7636
 */

const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';
const grants = ['authorization_code', 'refresh_token', deviceGrant];
const refreshScope = 'sso:account:access';
/** A client that sleeps the whole interval may still be early by its timer's rounding. */
const timerRoundingMs = 5;

type Input = Readonly<Record<string, unknown>>;

const operations: Readonly<Record<string, { name: string; answer: (world: World, input: Input) => object }>> = {
  '/client/register': { name: 'RegisterClient', answer: registerClient },
  '/device_authorization': { name: 'StartDeviceAuthorization', answer: startDeviceAuthorization },
  '/token': { name: 'CreateToken', answer: createToken },
};

export function oidcOperation(world: World, call: Call): Operation | undefined {
  const operation = operations[call.path];
  if (call.method !== 'POST' || !operation) return undefined;
  const input = parseInput(call);
  return {
    name: operation.name,
    service: 'oidc',
    parameters: loggable(input),
    refuse,
    run: (_log: LoggedRequest) => {
      if (!input) throw invalidRequest;
      return json(200, operation.answer(world, input));
    },
  };
}

function parseInput(call: Call): Input | undefined {
  try {
    const input: unknown = JSON.parse(call.body.toString('utf8'));
    return typeof input === 'object' && input !== null ? (input as Input) : undefined;
  } catch {
    return undefined;
  }
}

function loggable(input: Input | undefined): Record<string, string> {
  const shown = [
    'clientId',
    'clientName',
    'clientType',
    'grantType',
    'startUrl',
    'scopes',
    'grantTypes',
    'redirectUris',
    'issuerUrl',
    'redirectUri',
  ];
  return Object.fromEntries(
    shown.filter((name) => input?.[name] !== undefined).map((name) => [name, String(input?.[name])]),
  );
}

function registerClient(world: World, input: Input): object {
  const { clientName, clientType, scopes = [] } = input;
  if (typeof clientName !== 'string' || clientName === '') throw invalidRequest;
  if (clientType !== 'public') throw new Refusal(400, 'invalid_client_metadata', 'Invalid client type');
  if (!Array.isArray(scopes) || !scopes.every((scope) => /^[a-z]+:[a-z_:]+$/.test(String(scope)))) {
    throw new Refusal(400, 'invalid_scope', 'Invalid scope provided');
  }
  const now = world.now();
  const registration: Registration = {
    clientId: randomBytes(18).toString('base64url'),
    clientName,
    ...checkedGrants(input),
    clientSecret: newSecret(world.issued, 600, 'eyJraWQiOiJrZXktMSIsImFsZyI6IkhTMzg0In0'),
    scopes: scopes.map(String),
    expiration: now + world.lifetimes.registrationSeconds * 1000,
  };
  world.issued.registrations.set(registration.clientId, registration);
  return {
    clientId: registration.clientId,
    clientIdIssuedAt: Math.floor(now / 1000),
    clientSecret: registration.clientSecret,
    clientSecretExpiresAt: Math.floor(registration.expiration / 1000),
  };
}

/** A client that names its grants is held to them; one that names none signs in with a device code. */
function checkedGrants({
  grantTypes,
  redirectUris = [],
  issuerUrl,
}: Input): Pick<Registration, 'grantTypes' | 'redirectUris'> {
  if (!isTexts(redirectUris) || !(issuerUrl === undefined || URL.canParse(String(issuerUrl)))) throw invalidRequest;
  if (!redirectUris.every((uri) => /^http:\/\/127\.0\.0\.1(:\d+)?\/[^?#]*$/.test(uri))) {
    throw new Refusal(400, 'invalid_redirect_uri', 'Invalid redirect URI provided');
  }
  if (grantTypes === undefined) return { redirectUris };
  if (!isTexts(grantTypes)) throw invalidRequest;
  if (!grantTypes.every((grant) => grants.includes(grant))) throw unsupportedGrant;
  const needsRedirect = grantTypes.includes('authorization_code');
  if (needsRedirect && (redirectUris.length === 0 || issuerUrl === undefined)) throw invalidRequest;
  return { grantTypes, redirectUris };
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

function checkGrant({ grantTypes }: Registration, grant: string): void {
  if (grantTypes?.includes(grant) === false) {
    throw new Refusal(400, 'unauthorized_client', 'Client is not authorized to use this grant');
  }
}

function startDeviceAuthorization(world: World, input: Input): object {
  const client = checkedClient(world, input);
  checkGrant(client, deviceGrant);
  if (typeof input.startUrl !== 'string' || !URL.canParse(input.startUrl)) throw invalidRequest;
  const now = world.now();
  const { deviceCodeSeconds, intervalSeconds } = world.lifetimes;
  const deviceCode = newSecret(world.issued, 86);
  const userCode = newUserCode();
  world.issued.authorizations.set(deviceCode, {
    clientId: client.clientId,
    userCode,
    startedAt: now,
    expiration: now + deviceCodeSeconds * 1000,
    interval: intervalSeconds,
    polledAt: undefined,
    user: undefined,
    denied: false,
    redeemed: false,
  });
  const verificationUri = `${world.url()}/device`;
  return {
    deviceCode,
    expiresIn: deviceCodeSeconds,
    interval: intervalSeconds,
    userCode,
    verificationUri,
    verificationUriComplete: `${verificationUri}?user_code=${userCode}`,
  };
}

function createToken(world: World, input: Input): object {
  const client = checkedClient(world, input);
  if (input.grantType === deviceGrant) return pollDevice(world, client, input);
  if (input.grantType === 'refresh_token') return refresh(world, client, input);
  if (input.grantType === 'authorization_code') return redeemCode(world, client, input);
  throw unsupportedGrant;
}

function checkedClient(world: World, input: Input): Registration {
  const { clientId, clientSecret } = input;
  if (typeof clientId !== 'string' || typeof clientSecret !== 'string') throw invalidRequest;
  const client = world.issued.registrations.get(clientId);
  if (!client || !sameText(client.clientSecret, clientSecret) || world.now() >= client.expiration) {
    throw new Refusal(401, 'invalid_client', 'Invalid client provided');
  }
  return client;
}

/** RFC 8628 §3.5 */
function pollDevice(world: World, client: Registration, input: Input): object {
  const { deviceCode } = input;
  if (typeof deviceCode !== 'string') throw invalidRequest;
  const authorization = world.issued.authorizations.get(deviceCode);
  if (!authorization || authorization.clientId !== client.clientId || authorization.redeemed) throw invalidGrant;

  const now = world.now();
  if (now >= authorization.expiration) throw new Refusal(400, 'expired_token', 'Device code has expired');
  if (
    authorization.polledAt !== undefined &&
    now - authorization.polledAt < authorization.interval * 1000 - timerRoundingMs
  ) {
    authorization.polledAt = now;
    authorization.interval += 5;
    throw new Refusal(400, 'slow_down', 'Polling too fast');
  }
  authorization.polledAt = now;
  if (authorization.denied) throw new Refusal(400, 'access_denied', 'Access denied');
  const user = approvedBy(world, authorization);
  if (user === undefined) throw new Refusal(400, 'authorization_pending', 'Authorization is still pending');

  authorization.redeemed = true;
  return newTokens(world, client, newSignIn(world, client, user));
}

/** RFC 7636 §4.6. A code is spent by the first try, right or wrong. */
function redeemCode(world: World, client: Registration, input: Input): object {
  const { code, redirectUri, codeVerifier } = input;
  if (typeof code !== 'string' || typeof redirectUri !== 'string' || typeof codeVerifier !== 'string') {
    throw invalidRequest;
  }
  checkGrant(client, 'authorization_code');
  const given = world.issued.authorizationCodes.get(code);
  if (!given || given.clientId !== client.clientId) throw invalidGrant;
  world.issued.authorizationCodes.delete(code);
  const challenge = createHash('sha256').update(codeVerifier).digest('base64url');
  const holds = /^[\w.~-]{43,128}$/.test(codeVerifier) && sameText(challenge, given.codeChallenge);
  if (!holds || redirectUri !== given.redirectUri || world.now() >= given.expiration) throw invalidGrant;
  return newTokens(world, client, newSignIn(world, client, given.user));
}

function newSignIn(world: World, { clientId }: Registration, user: string): SignedIn {
  const expiration = world.now() + world.lifetimes.refreshTokenSeconds * 1000;
  return { id: randomUUID(), clientId, user, expiration };
}

function approvedBy(world: World, authorization: DeviceAuthorization): string | undefined {
  const { autoApproveMs } = world.options;
  const auto = autoApproveMs !== undefined && world.now() >= authorization.startedAt + autoApproveMs;
  return authorization.user ?? (auto ? world.directory.users[0]?.userName : undefined);
}

/** The refresh token is used up, whether or not its successor arrives. */
function refresh(world: World, client: Registration, input: Input): object {
  const { refreshToken } = input;
  if (typeof refreshToken !== 'string') throw invalidRequest;
  const signedIn = world.issued.refreshTokens.get(refreshToken);
  if (!signedIn || signedIn.clientId !== client.clientId) throw invalidGrant;
  world.issued.refreshTokens.delete(refreshToken);
  if (world.now() >= signedIn.expiration) throw invalidGrant;
  return newTokens(world, client, signedIn);
}

function newTokens(world: World, client: Registration, signedIn: SignedIn): object {
  const accessToken = newSecret(world.issued, 300, 'aoaAAAAAG');
  const expiresIn = world.lifetimes.accessTokenSeconds;
  world.issued.accessTokens.set(accessToken, { ...signedIn, expiration: world.now() + expiresIn * 1000 });
  const answer = { accessToken, expiresIn, tokenType: 'Bearer' };
  if (!client.scopes.includes(refreshScope) || client.grantTypes?.includes('refresh_token') === false) return answer;
  const refreshToken = newSecret(world.issued, 300, 'aorAAAAAG');
  world.issued.refreshTokens.set(refreshToken, signedIn);
  return { ...answer, refreshToken };
}

const invalidRequest = new Refusal(400, 'invalid_request', 'Invalid request');
const unsupportedGrant = new Refusal(400, 'unsupported_grant_type', 'Unsupported grant type');
const invalidGrant = new Refusal(400, 'invalid_grant', 'Invalid grant provided');

/** `slow_down` → `SlowDownException`, but for the one that AWS names otherwise. */
function exceptionName(error: string): string {
  if (error === 'server_error') return 'InternalServerException';
  return `${error.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase())}Exception`;
}

function refuse(refusal: Refusal): Answer {
  return json(
    refusal.status,
    { error: refusal.code, error_description: refusal.message },
    { 'x-amzn-errortype': `${exceptionName(refusal.code)}:http://internal.amazon.com/coral/com.amazonaws.sso.oidc/` },
  );
}

function json(status: number, body: object, headers: Readonly<Record<string, string>> = {}): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json', 'x-amzn-requestid': randomUUID(), ...headers },
    body: JSON.stringify(body),
  };
}
