/**
 * What an item's text is, and is not: whoever can write to the keychain must not make zsp stumble. Without imports: the hit
 * path asks the same.
 */

export type Fields = Readonly<Record<string, unknown>>;

/** The JSON object that a text is, if it is one. */
export function parseFields(text: string): Fields | undefined {
  try {
    return fields(JSON.parse(text));
  } catch {
    return undefined;
  }
}

export function isSignIn(value: unknown): value is Fields {
  return matches(value, signInShape);
}

export function isPermissionSet(value: unknown): value is Fields {
  return matches(value, permissionSetShape);
}

export function isCredentials(value: unknown): value is Fields {
  return matches(value, credentialsShape);
}

type Check = (value: unknown) => boolean;
type Shape = Readonly<Record<string, Check>>;

function matches(value: unknown, shape: Shape): value is Fields {
  const found = fields(value);
  return found !== undefined && Object.entries(shape).every(([key, check]) => check(found[key]));
}

function fields(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
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

const signInShape: Shape = {
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

const permissionSetShape: Shape = { v: version, session };

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

const credentialsShape: Shape = {
  v: version,
  profile: isString,
  settings: isString,
  signInId: isString,
  session,
  window: optional(object({ id: isString, opensAt: time, endsAt: time, reason: optional(isString) })),
  elevated: optional(object({ role, onTop: (value) => typeof value === 'boolean' })),
  role: isString,
  scope: isString,
};
