import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { Credential } from './issued';
import { type Call, decode, first } from './wire';

/**
 * Checks AWS Signature Version 4 by computing it again.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */

/** What a signature says about itself, from the `Authorization` header or the query string. */
export interface SignatureClaim {
  readonly accessKeyId: string;
  /** `20260101/eu-west-1/sts/aws4_request` */
  readonly scope: string;
  readonly service: string;
  readonly region: string;
  /** `20260101T000000Z` */
  readonly date: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  readonly sessionToken: string | undefined;
  /** Seconds, on presigned URLs. */
  readonly expiresSeconds: number | undefined;
}

/** A signature that holds, with what chunk signatures go on from. */
export interface Verified {
  readonly credential: Credential;
  readonly claim: SignatureClaim;
  readonly signingKey: Buffer;
}

export type SignatureProblem =
  | 'incomplete'
  | 'unknown_key'
  | 'wrong_service'
  | 'wrong_region'
  | 'wrong_scope_date'
  | 'host_not_signed'
  | 'headers_not_signed'
  | 'too_early'
  | 'too_late'
  | 'url_expired'
  | 'no_payload_hash'
  | 'mismatch'
  | 'bad_token'
  | 'expired_token';

/** Why a signature does not hold; each service words it in its own way. */
export class SignatureRefusal extends Error {
  readonly problem: SignatureProblem;
  readonly claim: SignatureClaim | undefined;

  constructor(problem: SignatureProblem, claim?: SignatureClaim) {
    super(problem);
    this.problem = problem;
    this.claim = claim;
  }
}

const algorithm = 'AWS4-HMAC-SHA256';
/** In hexadecimal. */
export const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Buffer, data: string) => createHmac('sha256', key).update(data).digest();

/** True where a request carries a signature of this kind, good or bad. */
export function isSigned(call: Call): boolean {
  return call.headers.authorization?.startsWith('AWS4-') === true || first(call.query, 'X-Amz-Algorithm') !== undefined;
}

/** @throws SignatureRefusal `incomplete` */
export function readClaim(call: Call): SignatureClaim {
  const inQuery = first(call.query, 'X-Amz-Algorithm') !== undefined;
  const fields = inQuery ? queryFields(call) : headerFields(call.headers.authorization ?? '');
  const date = inQuery
    ? first(call.query, 'X-Amz-Date')
    : (call.headers['x-amz-date'] ?? compactDate(call.headers.date));
  const [accessKeyId = '', day = '', region = '', service = '', end, more] = (fields.get('Credential') ?? '').split(
    '/',
  );
  const signature = fields.get('Signature') ?? '';
  const signedHeaders = (fields.get('SignedHeaders') ?? '').split(';').filter(Boolean);
  if (!date || !/^\d{8}T\d{6}Z$/.test(date) || fields.get('') !== algorithm) throw new SignatureRefusal('incomplete');
  if (!accessKeyId || end !== 'aws4_request' || more !== undefined || !signature || signedHeaders.length === 0) {
    throw new SignatureRefusal('incomplete');
  }
  return {
    accessKeyId,
    scope: [day, region, service, end].join('/'),
    service,
    region,
    date,
    signedHeaders,
    signature,
    sessionToken: inQuery ? first(call.query, 'X-Amz-Security-Token') : call.headers['x-amz-security-token'],
    expiresSeconds: inQuery ? Number(first(call.query, 'X-Amz-Expires') ?? Number.NaN) : undefined,
  };
}

function headerFields(authorization: string): Map<string, string> {
  const space = authorization.indexOf(' ');
  const pairs = authorization
    .slice(space + 1)
    .split(',')
    .map((part) => part.trim().split('=') as [string, string?]);
  return new Map([['', authorization.slice(0, space)], ...pairs.map(([name, value = '']) => [name, value] as const)]);
}

function queryFields(call: Call): Map<string, string> {
  const field = (name: string) => first(call.query, `X-Amz-${name}`) ?? '';
  return new Map([
    ['', field('Algorithm')],
    ...['Credential', 'SignedHeaders', 'Signature'].map((name) => [name, field(name)] as const),
  ]);
}

function compactDate(httpDate: string | undefined): string | undefined {
  const at = Date.parse(httpDate ?? '');
  return Number.isNaN(at) ? undefined : new Date(at).toISOString().replace(/[-:]|\.\d{3}/g, '');
}

/**
 * Checks a signature; of a long-lived key it notes when and where it was used last.
 * @param skewSeconds how far the signer's clock may be off: 300 for most services, 900 for S3
 * @throws SignatureRefusal
 */
export function verify(
  call: Call,
  service: string,
  credentials: ReadonlyMap<string, Credential>,
  now: number,
  skewSeconds: number,
): Verified {
  const claim = readClaim(call);
  const refuse = (problem: SignatureProblem) => new SignatureRefusal(problem, claim);
  const credential = credentials.get(claim.accessKeyId);
  if (!credential || credential.inactive) throw refuse('unknown_key');
  if (claim.service !== service) throw refuse('wrong_service');
  if (!/^[a-z]{2,4}(-[a-z]+)+-\d$/.test(claim.region)) throw refuse('wrong_region');
  if (!claim.scope.startsWith(claim.date.slice(0, 8))) throw refuse('wrong_scope_date');
  checkSignedHeaders(call, claim);
  checkTime(claim, now, skewSeconds);

  const signingKey = claim.scope
    .split('/')
    .reduce<Buffer | string>(hmac, `AWS4${credential.secretAccessKey}`) as Buffer;
  const canonical = canonicalRequest(call, claim, payloadHash(call, claim));
  const expected = hmac(signingKey, [algorithm, claim.date, claim.scope, sha256(canonical)].join('\n')).toString('hex');
  if (!sameText(claim.signature, expected)) throw refuse('mismatch');
  if (!sameText(claim.sessionToken ?? '', credential.sessionToken ?? '')) throw refuse('bad_token');
  if (credential.expiration !== undefined && now >= credential.expiration) throw refuse('expired_token');
  if (credential.sessionToken === undefined) credential.lastUse = { at: now, service, region: claim.region };
  return { credential, claim, signingKey };
}

function checkSignedHeaders(call: Call, claim: SignatureClaim): void {
  if (!claim.signedHeaders.includes('host')) throw new SignatureRefusal('host_not_signed', claim);
  const unsigned = Object.keys(call.headers).filter(
    (name) => name.startsWith('x-amz-') && !claim.signedHeaders.includes(name),
  );
  if (unsigned.length > 0) throw new SignatureRefusal('headers_not_signed', claim);
}

function checkTime(claim: SignatureClaim, now: number, skewSeconds: number): void {
  const at = parseDate(claim.date);
  if (claim.expiresSeconds !== undefined) {
    const valid = Number.isInteger(claim.expiresSeconds) && claim.expiresSeconds > 0 && claim.expiresSeconds <= 604_800;
    if (!valid) throw new SignatureRefusal('incomplete', claim);
    if (now > at + claim.expiresSeconds * 1000) throw new SignatureRefusal('url_expired', claim);
  } else if (now - at > skewSeconds * 1000) {
    throw new SignatureRefusal('too_late', claim);
  }
  if (at - now > skewSeconds * 1000) throw new SignatureRefusal('too_early', claim);
}

/** `20260101T000000Z` in epoch milliseconds. */
export function parseDate(compact: string): number {
  return Date.parse(compact.replace(/^(.{4})(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z'));
}

/** S3 signs what the client declares, which s3-payload.ts then holds the body to; other services sign the body itself. */
function payloadHash(call: Call, claim: SignatureClaim): string {
  const declared = call.headers['x-amz-content-sha256'];
  if (claim.service === 's3') {
    if (claim.expiresSeconds !== undefined) return declared ?? 'UNSIGNED-PAYLOAD';
    if (declared === undefined) throw new SignatureRefusal('no_payload_hash', claim);
    return declared;
  }
  return sha256(call.body);
}

function canonicalRequest(call: Call, claim: SignatureClaim, hashedPayload: string): string {
  const headers = [...claim.signedHeaders].map(
    (name) => `${name}:${(call.headers[name] ?? '').trim().replace(/ +/g, ' ')}\n`,
  );
  const names = claim.signedHeaders.join(';');
  return [call.method, canonicalPath(call, claim), canonicalQuery(call), headers.join(''), names, hashedPayload].join(
    '\n',
  );
}

/** S3 encodes each segment once and keeps the path as it is; the others encode twice. */
function canonicalPath(call: Call, claim: SignatureClaim): string {
  const once = decode(call.path).split('/').map(encode).join('/');
  return claim.service === 's3' ? once : once.split('/').map(encode).join('/');
}

function canonicalQuery(call: Call): string {
  return call.query
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort(([a, x], [b, y]) => compare(a, b) || compare(x, y))
    .map((pair) => pair.join('='))
    .join('&');
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** RFC 3986 unreserved characters stay. */
export function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** Compares in constant time, by digest, so that lengths do not matter. */
export function sameText(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

/** The signature of one chunk of a streamed body, or of its trailer. */
export function chunkSignature(verified: Verified, kind: string, previous: string, hashes: readonly string[]): string {
  const text = [`${algorithm}-${kind}`, verified.claim.date, verified.claim.scope, previous, ...hashes].join('\n');
  return hmac(verified.signingKey, text).toString('hex');
}
