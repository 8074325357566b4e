import type { AccountRoles } from '../broker/discovery';
import type { PermissionSetProfile } from '../profile/permission-set-profiles';
import type { SsoSession } from '../profile/profile';
import { isRecent, type Remembered, recallDiscovery } from './discovery-cache';
import { askReach, type ReachParts } from './reach';

/** A permission set in an account, and the profiles that stand for it. */
export interface Role {
  readonly ssoSession: string;
  readonly accountId: string;
  readonly accountName: string;
  readonly roleName: string;
  readonly profiles: readonly string[];
}

export interface RolesParts extends ReachParts {
  ssoSessions(): readonly SsoSession[];
  permissionSetProfiles(): readonly PermissionSetProfile[];
}

/** The roles of those who are signed in: as they are remembered, and as AWS says now. */
interface Roles {
  readonly remembered: readonly Role[];
  /** Undefined where what is remembered is true still. Rejects as `discover` does. */
  readonly now: Promise<readonly Role[]> | undefined;
  /** Stops asking. */
  end(): void;
}

/** How long somebody who typed a name waits for AWS, in milliseconds. */
const patience = 5_000;

/** What the last discoveries found, however long ago: from files only. */
export async function rememberedRoles(parts: RolesParts): Promise<readonly Role[]> {
  return rolesOf(parts, (await signedIn(parts)).map(remembered));
}

/** The same at once, and what AWS says as soon as it does. */
export async function lookForRoles(parts: RolesParts): Promise<Roles> {
  const all = await signedIn(parts);
  const isTrue = ({ found }: SignedIn) => found !== undefined && isRecent(found, parts.now());
  const stop = new AbortController();
  const ask = async (one: SignedIn): Promise<Reach> =>
    isTrue(one) ? remembered(one) : [one.at, await askReach(parts, one.at, { stop: stop.signal })];
  const now = all.every(isTrue) ? undefined : Promise.all(all.map(ask)).then((found) => rolesOf(parts, found));
  now?.catch(() => {});
  return { remembered: rolesOf(parts, all.map(remembered)), now, end: () => stop.abort() };
}

/** What AWS says, if it does before somebody's patience ends; else what is remembered. */
export async function rolesInTime(parts: RolesParts): Promise<readonly Role[]> {
  const roles = await lookForRoles(parts);
  if (!roles.now) return roles.remembered;
  const line = parts.progress('Looking for your roles …');
  const timer = setTimeout(roles.end, patience);
  try {
    return await roles.now;
  } catch {
    return roles.remembered;
  } finally {
    clearTimeout(timer);
    line.end();
  }
}

interface SignedIn {
  readonly at: SsoSession;
  readonly found: Remembered | undefined;
}

type Reach = readonly [at: SsoSession, accounts: readonly AccountRoles[]];

function remembered({ at, found }: SignedIn): Reach {
  return [at, found?.accounts ?? []];
}

async function signedIn(parts: RolesParts): Promise<readonly SignedIn[]> {
  const all: SignedIn[] = [];
  for (const at of sessions(parts)) {
    const signIn = await (await parts.world.items(at)).signIn(at);
    if (signIn) all.push({ at, found: recallDiscovery(parts.env, at, signIn.id) });
  }
  return all;
}

/** A section that zsp would refuse has no roles to offer; whoever uses it is told why. */
function sessions(parts: RolesParts): readonly SsoSession[] {
  try {
    return parts.ssoSessions();
  } catch {
    return [];
  }
}

/** By account and role, each once: an account has one access portal, however many sections name it. */
function rolesOf(parts: RolesParts, reach: readonly Reach[]): readonly Role[] {
  const profiles = new Map<string, readonly string[]>();
  for (const { accountId, roleName, name } of parts.permissionSetProfiles()) {
    const key = `${accountId}/${roleName}`;
    profiles.set(key, [...(profiles.get(key) ?? []), name]);
  }
  const roles = new Map<string, Role>();
  for (const [at, accounts] of reach) {
    for (const { accountId, accountName, roles: names } of accounts) {
      for (const roleName of names) {
        const key = `${accountId}/${roleName}`;
        const role = { ssoSession: at.name, accountId, accountName, roleName, profiles: profiles.get(key) ?? [] };
        if (!roles.has(key)) roles.set(key, role);
      }
    }
  }
  return [...roles.values()];
}
