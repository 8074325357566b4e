import { createHash, randomBytes, randomInt } from 'node:crypto';
import type { PolicyDocument } from './directory';

/** Who a request is from, with all that decides what it may do. */
export interface Principal {
  /** `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`, or an IAM user's ARN. */
  readonly arn: string;
  /** `aws:PrincipalArn`: the role's own ARN, or the user's. */
  readonly principalArn: string;
  readonly accountId: string;
  /** `AROA…:SESSION`, or `AIDA…`. */
  readonly userId: string;
  readonly kind: 'AssumedRole' | 'User';
  /** The session of a role that another role's session assumed. */
  readonly chained?: boolean;
  readonly identity: readonly PolicyDocument[];
  /** Absent: the session was not restricted. */
  readonly session?: readonly PolicyDocument[];
  readonly tags: Readonly<Record<string, string>>;
  readonly transitiveTags: readonly string[];
  readonly sourceIdentity?: string;
}

export interface Credential {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly issuedAt: number;
  readonly expiration?: number;
  readonly principal: Principal;
  /** A long-lived key that was switched off. */
  inactive?: boolean;
  /** The latest signature of a long-lived key. */
  lastUse?: { readonly at: number; readonly service: string; readonly region: string };
}

export interface Registration {
  readonly clientId: string;
  readonly clientName: string;
  readonly clientSecret: string;
  /** Absent: the client named none, and may sign in with a device code. */
  readonly grantTypes?: readonly string[];
  /** As registered: for a loopback client without a port. */
  readonly redirectUris: readonly string[];
  readonly scopes: readonly string[];
  readonly expiration: number;
}

export interface DeviceAuthorization {
  readonly clientId: string;
  readonly userCode: string;
  readonly startedAt: number;
  readonly expiration: number;
  interval: number;
  polledAt: number | undefined;
  user: string | undefined;
  denied: boolean;
  /** The client has its tokens. */
  redeemed: boolean;
}

/** What the browser was sent back with, and what the client must know to redeem it: RFC 7636. */
export interface AuthorizationCode {
  readonly clientId: string;
  readonly redirectUri: string;
  readonly codeChallenge: string;
  readonly user: string;
  readonly expiration: number;
}

/** One signed-in user; its access and refresh tokens end together at logout. */
export interface SignedIn {
  readonly id: string;
  readonly clientId: string;
  readonly user: string;
  readonly expiration: number;
}

/** All that the sandbox has handed out and still knows. */
export interface Issued {
  readonly registrations: Map<string, Registration>;
  /** By device code. */
  readonly authorizations: Map<string, DeviceAuthorization>;
  /** By code; each can be redeemed once. */
  readonly authorizationCodes: Map<string, AuthorizationCode>;
  /** Session keys by federation sign-in token. */
  readonly signInTokens: Map<string, { readonly principal: Principal; readonly expiration: number }>;
  readonly accessTokens: Map<string, SignedIn>;
  readonly refreshTokens: Map<string, SignedIn>;
  /** By access key ID. */
  readonly credentials: Map<string, Credential>;
  readonly secrets: Set<string>;
}

export function noneIssued(): Issued {
  return {
    registrations: new Map(),
    authorizations: new Map(),
    authorizationCodes: new Map(),
    signInTokens: new Map(),
    accessTokens: new Map(),
    refreshTokens: new Map(),
    credentials: new Map(),
    secrets: new Set(),
  };
}

/** Random text in the alphabet of AWS's tokens, remembered as a secret. */
export function newSecret(issued: Issued, length: number, prefix = ''): string {
  const text = (prefix + randomBytes(length).toString('base64')).replace(/=+$/, '').slice(0, length);
  issued.secrets.add(text);
  return text;
}

/** Temporary credentials for a principal. */
export function newCredential(
  issued: Issued,
  principal: Principal,
  issuedAt: number,
  expiration: number,
  tokenLength: number,
): Credential & { readonly sessionToken: string; readonly expiration: number } {
  const credential = {
    accessKeyId: `ASIA${keyBody(principal.accountId)}`,
    secretAccessKey: newSecret(issued, 40),
    sessionToken: newSecret(issued, tokenLength, 'IQoJb3JpZ2luX2VjE'),
    issuedAt,
    expiration,
    principal,
  };
  issued.credentials.set(credential.accessKeyId, credential);
  return credential;
}

/** A long-lived key for an IAM user. */
export function newAccessKey(issued: Issued, principal: Principal, issuedAt: number): Credential {
  const credential: Credential = {
    accessKeyId: `AKIA${keyBody(principal.accountId)}`,
    secretAccessKey: newSecret(issued, 40),
    issuedAt,
    principal,
  };
  issued.credentials.set(credential.accessKeyId, credential);
  return credential;
}

/** `ABCD-EFGH`, without the letters that are mistaken for others. */
export function newUserCode(): string {
  const letters = 'BCDFGHJKLMNPQRSTVWXZ';
  const four = () => Array.from({ length: 4 }, () => letters[randomInt(letters.length)]).join('');
  return `${four()}-${four()}`;
}

/** A unique ID that is always the same for the same ARN: `AROA…` for roles, `AIDA…` for users. */
export function uniqueId(prefix: 'AROA' | 'AIDA', arn: string): string {
  return prefix + base32(createHash('sha256').update(arn).digest()).slice(0, 17);
}

/** AWS writes the account into an access key ID: six bytes after the prefix hold it, shifted by seven bits. */
function keyBody(accountId: string): string {
  const bytes = randomBytes(10);
  const account = (BigInt(accountId) << 7n) | BigInt(bytes.readUInt8(5) & 0x7f) | (1n << 47n);
  bytes.writeUIntBE(Number(account), 0, 6);
  return base32(bytes);
}

function base32(bytes: Buffer): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{5}/g) ?? [])
    .map((five) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[Number.parseInt(five, 2)])
    .join('');
}
