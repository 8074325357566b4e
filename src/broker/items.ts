import type { SecretStore } from '../keychain/secret-store';
import type { Profile, RoleRequest, SsoSession } from '../profile/profile';
import { permissionSetOf } from '../profile/role-arn';
import { Secret } from '../secret';
import { decodeCredentials, decodeIndex, decodePermissionSet, decodeSignIn, encodeItem } from './item-content';
import { signInName } from './item-names';
import type { ClientRegistration, Lock, Session } from './ports';

/** What zsp keeps in the keychain. Times are epoch milliseconds of this machine's clock. */

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
  readonly session: Session;
  readonly window?: Window;
  readonly elevated?: Elevated;
  /** For people: the role's ARN or the permission set's name, and what the session is scoped to. */
  readonly role: string;
  readonly scope: string;
}

/** What a profile's session is issued for, as its item keeps it. */
export function credentialsItem(
  profile: Profile,
  session: Session,
  signInId: string,
  window: Window | undefined,
  elevated: Elevated | undefined,
): CredentialsItem {
  const { name, settings } = profile;
  const role = elevated?.role ?? profile.role;
  return {
    v: 1,
    profile: name,
    settings,
    signInId,
    session,
    ...(window && { window }),
    ...(elevated && { elevated }),
    role: role?.roleArn ?? permissionSetOf(profile).roleName,
    scope: scopeOf(role),
  };
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
  /** @param may is asked beside the index: whether to write at all. @returns whether it was written */
  put(
    name: string,
    item: SignInItem | PermissionSetItem | CredentialsItem,
    may?: () => Promise<boolean>,
  ): Promise<boolean>;
  remove(name: string): Promise<void>;
  /** The names of all items, sorted. */
  names(): Promise<readonly string[]>;
}

/** The item that names all others, so that a logout finds them. */
export const indexName = 'index';

export function createItems(store: SecretStore, lock: Lock): Items {
  const read = async <T>(name: string, decode: (item: Secret) => T | undefined): Promise<T | undefined> => {
    const item = await store.get(name);
    return item && decode(item);
  };
  const names = async () => (await read(indexName, decodeIndex)) ?? [];
  const changeIndex = (change: (all: Set<string>) => boolean) =>
    lock(indexName, async () => {
      const all = new Set(await names());
      if (!change(all)) return;
      await store.set(indexName, new Secret(JSON.stringify({ v: 1, names: [...all].sort() })));
    });
  return {
    names,
    signIn: async (at) => {
      const item = await read(signInName(at), decodeSignIn);
      // The name already holds the origin; a copied or renamed item must not carry a token elsewhere.
      return item?.origin === at.endpoints.origin && item.startUrl === at.startUrl ? item : undefined;
    },
    permissionSet: (name) => read(name, decodePermissionSet),
    credentials: (name) => read(name, decodeCredentials),
    async put(name, item, may = async () => true) {
      const [listed, allowed] = await Promise.all([names(), may()]);
      if (!allowed) return false;
      // Indexed before it exists, so that logout finds every item there is.
      if (!listed.includes(name)) await changeIndex((all) => all.size !== all.add(name).size);
      await store.set(name, encodeItem(item));
      return true;
    },
    async remove(name) {
      await store.delete(name);
      await changeIndex((all) => all.delete(name));
    },
  };
}
