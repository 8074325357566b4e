import { Secret } from '../secret';
import type { CredentialsItem, PermissionSetItem, SignInItem } from './items';

/** What an item's text is, and is not: whoever can write to the keychain must not make zsp stumble. */

/** One JSON text, secrets opened: it goes nowhere but into the keychain. */
export function encodeItem(item: object): Secret {
  const open = function (this: Record<string, unknown>, key: string, value: unknown) {
    const raw = this[key];
    return raw instanceof Secret ? raw.open() : value;
  };
  return new Secret(JSON.stringify(item, open));
}

/** The names in the index; undefined if it is none. */
export function decodeIndex(item: Secret): readonly string[] | undefined {
  const names = parse(item)?.names;
  return Array.isArray(names) ? names.filter(isString) : undefined;
}

export function decodeSignIn(item: Secret): SignInItem | undefined {
  const found = parse(item);
  if (!matches(found, signInShape)) return undefined;
  const client = withSecrets(found.client as Fields, 'clientSecret');
  return { ...withSecrets(found, 'accessToken', 'refreshToken'), client } as unknown as SignInItem;
}

export function decodePermissionSet(item: Secret): PermissionSetItem | undefined {
  const found = parse(item);
  return matches(found, permissionSetShape) ? (withSession(found) as unknown as PermissionSetItem) : undefined;
}

export function decodeCredentials(item: Secret): CredentialsItem | undefined {
  const found = parse(item);
  return matches(found, credentialsShape) ? (withSession(found) as unknown as CredentialsItem) : undefined;
}

type Fields = Readonly<Record<string, unknown>>;

function parse(item: Secret): Fields | undefined {
  try {
    return fields(JSON.parse(item.open()));
  } catch {
    return undefined;
  }
}

function fields(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

function withSession(item: Fields): Fields {
  return { ...item, session: withSecrets(item.session as Fields, 'secretAccessKey', 'sessionToken') };
}

/** Only these: a session tag may well be called `accessToken`. */
function withSecrets(found: Fields, ...names: readonly string[]): Fields {
  const secrets = names.flatMap((name) => (found[name] === undefined ? [] : [[name, new Secret(String(found[name]))]]));
  return { ...found, ...Object.fromEntries(secrets) };
}

type Check = (value: unknown) => boolean;
type Shape = Readonly<Record<string, Check>>;

function matches(value: unknown, shape: Shape): value is Fields {
  const found = fields(value);
  return found !== undefined && Object.entries(shape).every(([key, check]) => check(found[key]));
}

const latest = Date.UTC(9999, 11, 31);

const isString = (value: unknown): value is string => typeof value === 'string';
const isNumber = (from: number, to: number) => (value: unknown) =>
  typeof value === 'number' && value >= from && value <= to;
/** An instant that can be written as a date. */
const time = isNumber(0, latest);
/** A token or key as AWS makes them, fit for a header. */
const token = (value: unknown) => isString(value) && /^[\x21-\x7e]+$/.test(value);
const isGrant = (value: unknown) => value === 'device_code' || value === 'authorization_code';
const optional = (check: Check) => (value: unknown) => value === undefined || check(value);
const listOfTexts = (value: unknown) => Array.isArray(value) && value.every(isString);
const object = (shape: Shape) => (value: unknown) => matches(value, shape);
const version = (value: unknown) => value === 1;

const session = object({
  accessKeyId: token,
  secretAccessKey: token,
  sessionToken: token,
  issuedAt: time,
  expiration: time,
  accountId: isString,
  assumedRoleArn: optional(isString),
  packedPolicySize: optional(isNumber(0, 1000)),
});

const signInShape = {
  v: version,
  id: isString,
  startUrl: isString,
  region: isString,
  origin: isString,
  client: object({ clientId: token, clientSecret: token, expiration: time, grant: optional(isGrant) }),
  accessToken: token,
  expiration: time,
  refreshToken: optional(token),
  userName: optional(isString),
  skew: optional(isNumber(-latest, latest)),
};

const permissionSetShape = { v: version, session };

const role = object({
  roleArn: isString,
  durationSeconds: isNumber(1, 43_200),
  policy: optional(object({ name: isString, text: isString })),
  policyArns: listOfTexts,
  roleSessionName: optional(isString),
  externalId: optional(isString),
  sourceIdentity: optional(isString),
  tags: (value: unknown) => fields(value) !== undefined && Object.values(value as Fields).every(isString),
  transitiveTags: listOfTexts,
});

const credentialsShape = {
  v: version,
  profile: isString,
  settings: isString,
  signInId: isString,
  origin: isString,
  session,
  window: optional(object({ id: isString, opensAt: time, endsAt: time, reason: optional(isString) })),
  elevated: optional(object({ role, onTop: (value) => typeof value === 'boolean' })),
  role: isString,
  scope: isString,
};
