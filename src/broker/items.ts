import type { SecretStore } from '../keychain/secret-store';
import type { Profile, RoleRequest, SsoSession } from '../profile/profile';
import { Secret } from '../secret';
import type { ClientRegistration, Lock, Session } from './ports';

/** What zsp keeps in the keychain, under which names (state.md: Keychain items). Times are epoch milliseconds of this machine's clock. */

export interface SignInItem {
  readonly v: 1;
  /** New with every sign-in; what was obtained through another one is worthless. */
  readonly id: string;
  readonly startUrl: string;
  readonly region: string;
  readonly origin: string;
  readonly client: ClientRegistration;
  readonly accessToken: Secret;
  readonly expiration: number;
  readonly refreshToken?: Secret;
  /** Learned from the first GetCallerIdentity: `alice@corp.com`. */
  readonly userName?: string;
  /** How far AWS's clock is ahead of ours, in milliseconds. */
  readonly skew?: number;
}

export interface PermissionSetItem {
  readonly v: 1;
  readonly session: Session;
}

/** An elevation window. It exists only here: no file on disk decides whether something is issued. */
export interface Window {
  readonly id: string;
  readonly opensAt: number;
  readonly endsAt: number;
  readonly reason?: string;
}

/** The role an elevation asked for: assumed with the profile's own credentials (`onTop`), or in place of its role. */
export interface Elevated {
  readonly role: RoleRequest;
  readonly onTop: boolean;
}

export interface CredentialsItem {
  readonly v: 1;
  readonly profile: string;
  readonly settings: string;
  readonly signInId: string;
  readonly origin: string;
  readonly session: Session;
  readonly window?: Window;
  readonly elevated?: Elevated;
  /** For people: the role's ARN or the permission set's name, and what the session is scoped to. */
  readonly role: string;
  readonly scope: string;
}

export function signInName(at: SsoSession): string {
  return `sign-in:${at.startUrl}:${at.region}:${at.endpoints.origin}`;
}

export function permissionSetName(signInId: string, accountId: string, roleName: string): string {
  return `permission-set:${signInId}:${accountId}:${roleName}`;
}

/** The item in which a profile's credentials are kept, or those of one ad-hoc window on it. */
export function credentialsName(profile: Pick<Profile, 'configFile' | 'name'>, windowId?: string): string {
  return `credentials:${profile.configFile}:${profile.name}${windowId ? `:${windowId}` : ''}`;
}

/** What a profile's session is issued for, as its item keeps it. */
export function credentialsItem(
  profile: Profile,
  session: Session,
  signInId: string,
  window: Window | undefined,
  elevated: Elevated | undefined,
): CredentialsItem {
  const { name, settings, ssoSession } = profile;
  const role = elevated?.role ?? profile.role;
  return {
    v: 1,
    profile: name,
    settings,
    signInId,
    origin: ssoSession.endpoints.origin,
    session,
    ...(window && { window }),
    ...(elevated && { elevated }),
    role: role?.roleArn ?? permissionSetOf(profile),
    scope: scopeOf(role),
  };
}

function permissionSetOf({ source }: Profile): string {
  return source.kind === 'profile' ? permissionSetOf(source.profile) : source.roleName;
}

function scopeOf(role: RoleRequest | undefined): string {
  const names = [...(role?.policy ? [role.policy.name] : []), ...(role?.policyArns ?? [])];
  return names.length > 0 ? names.join(', ') : 'unscoped';
}

/** The items of one keychain. Content that cannot be read as what its name says counts as absent: it will be made anew. */
export interface Items {
  signIn(at: SsoSession): Promise<SignInItem | undefined>;
  permissionSet(name: string): Promise<PermissionSetItem | undefined>;
  credentials(name: string): Promise<CredentialsItem | undefined>;
  put(name: string, item: SignInItem | PermissionSetItem | CredentialsItem): Promise<void>;
  remove(name: string): Promise<void>;
  /** The names of all items, sorted. */
  names(): Promise<readonly string[]>;
}

const indexName = 'index';

export function createItems(store: SecretStore, lock: Lock): Items {
  const read = async <T>(name: string, decode: (value: unknown) => T | undefined): Promise<T | undefined> => {
    const text = await store.get(name);
    return text && decode(parse(text));
  };
  const names = async () => (await read(indexName, asIndex)) ?? [];
  const changeIndex = (change: (all: Set<string>) => boolean) =>
    lock(indexName, async () => {
      const all = new Set(await names());
      if (!change(all)) return;
      await store.set(indexName, new Secret(JSON.stringify({ v: 1, names: [...all].sort() })));
    });
  return {
    names,
    signIn: async (at) => {
      const item = await read(signInName(at), asSignIn);
      // The name already holds the origin; a copied or renamed item must not carry a token elsewhere.
      return item?.origin === at.endpoints.origin && item.startUrl === at.startUrl ? item : undefined;
    },
    permissionSet: (name) => read(name, asPermissionSet),
    credentials: (name) => read(name, asCredentials),
    async put(name, item) {
      // Indexed before it exists, so that logout finds every item there is.
      if (!(await names()).includes(name)) await changeIndex((all) => all.size !== all.add(name).size);
      await store.set(name, encode(item));
    },
    async remove(name) {
      await store.delete(name);
      await changeIndex((all) => all.delete(name));
    },
  };
}

const secretKeys = new Set(['secretAccessKey', 'sessionToken', 'clientSecret', 'accessToken', 'refreshToken']);

/** One JSON text, secrets opened: it goes nowhere but into the keychain. */
function encode(item: object): Secret {
  const open = function (this: Record<string, unknown>, key: string, value: unknown) {
    const raw = this[key];
    return raw instanceof Secret ? raw.open() : value;
  };
  return new Secret(JSON.stringify(item, open));
}

function parse(text: Secret): unknown {
  try {
    return JSON.parse(text.open(), (key, value) =>
      secretKeys.has(key) && typeof value === 'string' ? new Secret(value) : value,
    );
  } catch {
    return undefined;
  }
}

type Fields = Readonly<Record<string, unknown>>;

function fields(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

const text = (value: unknown) => typeof value === 'string';
const time = (value: unknown) => typeof value === 'number' && Number.isFinite(value);
const secret = (value: unknown) => value instanceof Secret;
const optional = (check: (value: unknown) => boolean) => (value: unknown) => value === undefined || check(value);

function matches(value: unknown, shape: Readonly<Record<string, (value: unknown) => boolean>>): boolean {
  const found = fields(value);
  return found !== undefined && Object.entries(shape).every(([key, check]) => check(found[key]));
}

const isVersion = (value: unknown) => value === 1;
const isSession = (value: unknown) =>
  matches(value, {
    accessKeyId: text,
    secretAccessKey: secret,
    sessionToken: secret,
    issuedAt: time,
    expiration: time,
    accountId: text,
  });
const isClient = (value: unknown) => matches(value, { clientId: text, clientSecret: secret, expiration: time });
const isWindow = (value: unknown) => matches(value, { id: text, opensAt: time, endsAt: time, reason: optional(text) });
const isRole = (value: unknown) =>
  matches(value, { roleArn: text, durationSeconds: time, policyArns: Array.isArray, transitiveTags: Array.isArray });
const isElevated = (value: unknown) => matches(value, { role: isRole, onTop: (on) => typeof on === 'boolean' });

function asIndex(value: unknown): readonly string[] | undefined {
  const found = fields(value)?.names;
  return Array.isArray(found) ? found.filter((name) => typeof name === 'string') : undefined;
}

function asSignIn(value: unknown): SignInItem | undefined {
  const shape = { v: isVersion, id: text, startUrl: text, region: text, origin: text, expiration: time };
  const secrets = { client: isClient, accessToken: secret, refreshToken: optional(secret), userName: optional(text) };
  return matches(value, { ...shape, ...secrets, skew: optional(time) }) ? (value as SignInItem) : undefined;
}

function asPermissionSet(value: unknown): PermissionSetItem | undefined {
  return matches(value, { v: isVersion, session: isSession }) ? (value as PermissionSetItem) : undefined;
}

function asCredentials(value: unknown): CredentialsItem | undefined {
  const shape = {
    v: isVersion,
    profile: text,
    settings: text,
    signInId: text,
    origin: text,
    session: isSession,
    role: text,
    scope: text,
  };
  return matches(value, { ...shape, window: optional(isWindow), elevated: optional(isElevated) })
    ? (value as CredentialsItem)
    : undefined;
}
