import { createPublicKey, generateKeyPairSync, type KeyObject, randomUUID, sign, verify } from 'node:crypto';
import { type Answer, type Call, type Operation, Refusal } from './wire';
import type { World } from './world';

/**
 * The OIDC provider of the sandbox's build pipelines: it signs ID tokens (RFC 7519, RS256) and publishes its key.
 * Its issuer is the directory's, its documents are served here.
 */
export interface TokenIssuer {
  /** Signs a token; what is not said is a pipeline's on the main branch, for STS, for ten minutes. */
  issue(claims?: Readonly<Record<string, unknown>>): string;
  /** The claims of a token that this provider signed. @throws Refusal InvalidIdentityToken */
  read(token: string): Claims;
  publicKey(): KeyObject;
}

export interface Claims {
  readonly iss: string;
  readonly sub: string;
  readonly aud: string | readonly string[];
  /** Seconds since the epoch. */
  readonly exp: number;
  readonly [claim: string]: unknown;
}

const keyId = 'sandbox-1';

export function tokenIssuer(now: () => number, issuer: string): TokenIssuer {
  let pair: { publicKey: KeyObject; privateKey: KeyObject } | undefined;
  const keys = () => {
    pair ??= generateKeyPairSync('rsa', { modulusLength: 2048 });
    return pair;
  };
  return {
    publicKey: () => createPublicKey(keys().publicKey.export({ format: 'pem', type: 'spki' })),
    issue(claims = {}) {
      const issuedAt = Math.floor(now() / 1000);
      const usual = { iss: issuer, sub: 'repo:corp/app:ref:refs/heads/main', aud: 'sts.amazonaws.com' };
      const times = { jti: randomUUID(), iat: issuedAt, nbf: issuedAt, exp: issuedAt + 600 };
      const head = { alg: 'RS256', kid: keyId, typ: 'JWT' };
      const signed = [head, { ...usual, ...times, ...claims }].map(encodePart).join('.');
      return `${signed}.${sign('sha256', Buffer.from(signed), keys().privateKey).toString('base64url')}`;
    },
    read(token) {
      const [head = '', body = '', signature = '', ...more] = token.split('.');
      const { alg, kid } = decodePart(head);
      const claims = decodePart(body);
      if (more.length > 0 || !signature || !isClaims(claims)) throw notAToken;
      if (alg !== 'RS256' || kid !== keyId)
        throw invalid("Couldn't retrieve verification key from your identity provider");
      const holds = verify(
        'sha256',
        Buffer.from(`${head}.${body}`),
        keys().publicKey,
        Buffer.from(signature, 'base64url'),
      );
      if (!holds) throw invalid('Token signature invalid');
      return claims;
    },
  };
}

/** Discovery, and the key as a JWK: OpenID Connect Discovery 1.0 §4, RFC 7517. */
export function issuerOperation(world: World, call: Call): Operation | undefined {
  if (call.method !== 'GET') return undefined;
  if (call.path === '/.well-known/openid-configuration')
    return published('OpenIdConfiguration', () => discovery(world));
  if (call.path === '/.well-known/jwks') return published('JsonWebKeySet', () => keySet(world));
  return undefined;
}

function published(name: string, body: () => object): Operation {
  return {
    name,
    service: 'page',
    parameters: {},
    run: () => json(200, body()),
    refuse: ({ status, code }) => json(status, { error: code }),
  };
}

function discovery(world: World): object {
  return {
    issuer: world.directory.oidcProviders[0]?.issuer,
    jwks_uri: `${world.url()}/.well-known/jwks`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
  };
}

function keySet(world: World): object {
  const { kty, n, e } = world.tokenIssuer.publicKey().export({ format: 'jwk' });
  return { keys: [{ kty, n, e, kid: keyId, alg: 'RS256', use: 'sig' }] };
}

function json(status: number, body: object): Answer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

const encodePart = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');

function decodePart(part: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // Not JSON: not a token.
  }
  throw notAToken;
}

function isClaims(claims: Record<string, unknown>): claims is Claims {
  const { iss, sub, aud, exp } = claims;
  return (
    typeof iss === 'string' &&
    typeof sub === 'string' &&
    typeof exp === 'number' &&
    (typeof aud === 'string' || Array.isArray(aud))
  );
}

const invalid = (message: string) => new Refusal(400, 'InvalidIdentityToken', message);
const notAToken = invalid(
  'The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)',
);
