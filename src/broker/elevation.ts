import { ZspError } from '../errors';
import type { Profile, RoleRequest, SsoSession } from '../profile/profile';
import { forget, type Held } from './inventory';
import { mint, reasonOf, recordIssue, roleDetails } from './issue';
import { credentialsName } from './item-names';
import { credentialsItem, type Elevated, type Window } from './items';
import { all, checkFence, type First, keepFor } from './mint';
import type { World } from './world';

export interface Elevation {
  /** How long the window stays open. */
  readonly seconds: number;
  readonly reason?: string;
  /** Absent: the profile as it is. */
  readonly elevated?: Elevated;
  /** An ad-hoc window serves only shells that carry its id; otherwise the profile is elevated in every shell. */
  readonly adHoc: boolean;
}

export interface Opened extends First {
  readonly window: Window;
  /** What was assumed; undefined for a bare permission set. */
  readonly role: RoleRequest | undefined;
  /** The keychain item the window lives in. */
  readonly name: string;
}

/**
 * Opens an elevation window: until it ends, credentials are issued; its sessions renew themselves, and the last one ends with it.
 * @throws ZspError `usage` (a reason is demanded), `config_invalid` (the fence does not fit), `storage_failed` (the ledger
 *   cannot be written: no elevation without a record), and what minting throws
 */
export async function openWindow(world: World, profile: Profile, elevation: Elevation): Promise<Opened> {
  if (profile.reasonRequired && !elevation.reason) {
    throw new ZspError('usage', `profile ${profile.name} wants a reason`, { remedy: 'add: --reason "why"' });
  }
  const at = profile.ssoSession;
  const role = elevation.elevated?.role ?? profile.role;
  const now = world.clock.now();
  // Whole seconds, as a fence has them: what is said, what is served and what AWS enforces end at one instant.
  const endsAt = Math.floor(now / 1000 + elevation.seconds) * 1000;
  if (role) checkFence(role, endsAt);
  const { reason } = elevation;
  const window = { id: world.newId(), opensAt: now, endsAt, ...(reason && { reason }) };
  const name = credentialsName(profile, elevation.adHoc ? window.id : undefined);
  return world.lock(name, async () => {
    await recordOpening(world, profile, window, role);
    try {
      const { kept, ...first } = await mint(world, profile, window, elevation.elevated);
      const keep = async () => {
        await recordIssue(world, profile, first, window, role);
        const item = credentialsItem(profile, first.session, first.signIn.id, window, elevation.elevated);
        await keepFor(world, at, first.signIn, name, item);
      };
      await all([keep(), kept]);
      return { ...first, window, role, name };
    } catch (error) {
      if (error instanceof ZspError) await recordRefusal(world, profile, window, error);
      throw error;
    }
  });
}

/** Written before anything is asked of AWS, so that no elevation exists without its line. */
async function recordOpening(
  world: World,
  profile: Profile,
  window: Window,
  role: RoleRequest | undefined,
): Promise<void> {
  await world.record({
    event: 'window-opened',
    profile: profile.name,
    windowId: window.id,
    endsAt: new Date(window.endsAt).toISOString(),
    ...roleDetails(profile, role),
    ...(window.reason && { reason: window.reason }),
  });
}

async function recordRefusal(world: World, profile: Profile, window: Window, error: ZspError): Promise<void> {
  if (error.code === 'storage_failed') return;
  const event = { event: 'refused', profile: profile.name, windowId: window.id, reason: reasonOf(error) } as const;
  await world.record(event);
}

/**
 * Ends a window now. Nothing more is issued from it; what was handed out lives on at AWS until its own end.
 * @returns what was held, if anything was
 */
export async function dropWindow(world: World, at: SsoSession, name: string): Promise<Held | undefined> {
  const item = await (await world.items(at)).credentials(name);
  if (!item?.window) return undefined;
  await forget(world, at, name);
  await world.record({ event: 'window-dropped', profile: item.profile, windowId: item.window.id });
  return { name, item };
}
