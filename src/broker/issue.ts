import { createHash } from 'node:crypto';
import { ZspError } from '../errors';
import type { Profile, RoleRequest } from '../profile/profile';
import { lastPart, permissionSetOf } from '../profile/role-arn';
import { freshness } from './freshness';
import { credentialsName } from './item-names';
import { type CredentialsItem, credentialsItem, type Elevated, type Items, type Window } from './items';
import {
  all,
  assumeRole,
  type Fetched,
  type First,
  keepFor,
  permissionSet,
  signedOutMeanwhile,
  tolerate,
} from './mint';
import type { Session } from './ports';
import type { World } from './world';

export interface IssueOptions {
  /** The ad-hoc window this shell is in (`ZSP_WINDOW`). */
  readonly windowId?: string | undefined;
  /** Mint already when the session should be renewed behind the scenes. */
  readonly ahead?: boolean;
  /** The caller has just looked for held credentials, and found none that serve. */
  readonly looked?: boolean;
  /** Credentials STS has just refused: never given back. */
  readonly refused?: Session;
}

/**
 * The one way in which credentials are issued: held ones while they serve, else new ones, minted by one process at a time.
 * @throws ZspError `elevation_required`, `sign_in_required`, `access_denied`, `aws_unavailable`, `keychain_unavailable`, `storage_failed`
 */
export async function issue(world: World, profile: Profile, options: IssueOptions = {}): Promise<First> {
  const at = profile.ssoSession;
  const items = await world.items(at);
  const name = credentialsName(profile, options.windowId);
  const serves = servesUntilRenewal(world, profile, options);
  const found = options.looked ? undefined : await items.credentials(name);
  if (found && serves(found)) return withSignIn(items, profile, found);
  return world.lock(name, async () => {
    const held = await items.credentials(name);
    if (held && serves(held)) return withSignIn(items, profile, held);
    const window = await demandWindow(world, profile, name, held, options.windowId);
    const elevated = window && held?.elevated;
    try {
      const { kept, ...first } = await mint(world, profile, window, elevated);
      await all([keep(world, profile, name, first, window, elevated), kept]);
      return first;
    } catch (error) {
      if (!(error instanceof ZspError)) throw error;
      if (window) await recordFailure(world, profile, window, error);
      // Read again: a drop or a logout does not wait for us.
      const still = error.code === 'aws_unavailable' ? await items.credentials(name) : undefined;
      if (still && stillUseful(world, profile, still, options)) return withSignIn(items, profile, still);
      throw error;
    }
  });
}

function servesUntilRenewal(world: World, profile: Profile, options: IssueOptions) {
  return (item: CredentialsItem): boolean => {
    if (!belongs(profile, item) || item.session.accessKeyId === options.refused?.accessKeyId) return false;
    const state = freshness({ ...item.session, windowEndsAt: item.window?.endsAt }, world.clock.now());
    return state === 'serve' || (state === 'renew' && !options.ahead);
  };
}

/** An item speaks for a profile if it was issued for the same settings, and inside a window where one must be open. */
function belongs(profile: Profile, item: CredentialsItem): boolean {
  if (item.settings !== profile.settings) return false;
  return item.window !== undefined || profile.elevationRequiredBy === undefined;
}

function stillUseful(world: World, profile: Profile, held: CredentialsItem, options: IssueOptions): boolean {
  if (!belongs(profile, held) || held.session.accessKeyId === options.refused?.accessKeyId) return false;
  const state = freshness({ ...held.session, windowEndsAt: held.window?.endsAt }, world.clock.now());
  return state === 'stale' || state === 'renew';
}

async function withSignIn(items: Items, profile: Profile, item: CredentialsItem): Promise<First> {
  const signIn = await items.signIn(profile.ssoSession);
  if (!signIn) throw signedOutMeanwhile(profile.ssoSession);
  return { session: item.session, signIn };
}

/**
 * Runs under the item's lock, since it removes an ended window: a new one may just be opening.
 * @returns the open window, if the profile has one
 * @throws ZspError `elevation_required` where one must be open and none is
 */
async function demandWindow(
  world: World,
  profile: Profile,
  name: string,
  item: CredentialsItem | undefined,
  windowId: string | undefined,
): Promise<Window | undefined> {
  const window = item?.window;
  if (window && world.clock.now() < window.endsAt && item.settings === profile.settings) return window;
  // An ended window's credentials have no business in the keychain.
  if (window) await (await world.items(profile.ssoSession)).remove(name);
  if (windowId) {
    throw new ZspError('elevation_required', 'the elevation of this shell has ended', {
      remedy: 'leave this shell, and run zsp assume again',
    });
  }
  if (profile.elevationRequiredBy !== undefined) throw elevationRequired(profile);
  return undefined;
}

export function elevationRequired(profile: Profile): ZspError {
  const { name, elevationRequiredBy } = profile;
  const why = elevationRequiredBy === name ? '' : ` (its source ${elevationRequiredBy} asks for it)`;
  return new ZspError('elevation_required', `profile ${name} is issued only while elevated${why}`, {
    remedy: `run: zsp assume ${name} --duration 1h${profile.reasonRequired ? ' --reason "why"' : ''}`,
  });
}

/** New credentials, from the profile's source and, where it has one, its role; or an elevated role on top of the profile. */
export async function mint(
  world: World,
  profile: Profile,
  window: Window | undefined,
  elevated: Elevated | undefined,
): Promise<Fetched> {
  const role = elevated?.role ?? profile.role;
  const source = elevated?.onTop ? underneath(world, profile) : sourceOf(world, profile);
  if (!role) return bare(world, profile);
  const assume = async (first: Fetched): Promise<Fetched> => ({
    ...first,
    session: await assumeRole(world, profile, role, first, window),
  });
  const first = await source();
  try {
    return await assume(first);
  } catch (error) {
    // The caller's credentials can have ended at AWS before their time: once more, with new ones.
    if (!(error instanceof ZspError && error.code === 'sign_in_required')) throw error;
    await first.kept;
    return assume(await source(first.session));
  }
}

type Source = (refused?: Session) => Promise<Fetched>;

/** What an elevated role is assumed with. Made for it: the profile's own item may be what is locked, and holds the elevated session. */
function underneath(world: World, profile: Profile): Source {
  return profile.role ? () => mint(world, profile, undefined, undefined) : sourceOf(world, profile);
}

function sourceOf(world: World, profile: Profile): Source {
  const { source } = profile;
  if (source.kind === 'profile') return ordinary(world, source.profile);
  return (refused) =>
    permissionSet(world, profile.ssoSession, source, { minimumLeft: 60_000, ...(refused && { refused }) });
}

/** A profile's own credentials, as a source for another's. Where they need a window they are made for this one, and not kept. */
function ordinary(world: World, profile: Profile): Source {
  if (!profile.role) return sourceOf(world, profile);
  if (profile.elevationRequiredBy !== undefined) return () => mint(world, profile, undefined, undefined);
  return (refused) => issueOrdinary(world, profile, refused);
}

async function issueOrdinary(world: World, profile: Profile, refused: Session | undefined): Promise<Fetched> {
  const held = await (await world.items(profile.ssoSession)).credentials(credentialsName(profile));
  // While the profile itself is elevated everywhere, its item holds the elevated session: not the one to start from.
  if (held?.window) return mint(world, profile, undefined, undefined);
  return { ...(await issue(world, profile, refused ? { refused } : {})), kept: Promise.resolve() };
}

/** A bare permission set: AWS gives it its own lifetime, so it is asked again when what is held should be renewed. */
function bare(world: World, profile: Profile): Promise<Fetched> {
  return permissionSet(world, profile.ssoSession, permissionSetOf(profile), { minimumLeft: 16 * 60_000 });
}

/** Records and keeps what was minted, unless the sign-in or the window it was minted for is gone. What cannot be recorded is not kept. */
async function keep(
  world: World,
  profile: Profile,
  name: string,
  { session, signIn }: First,
  window: Window | undefined,
  elevated: Elevated | undefined,
): Promise<void> {
  const at = profile.ssoSession;
  const items = await world.items(at);
  if (window && (await items.credentials(name))?.window?.id !== window.id) throw elevationRequired(profile);
  const recorded = recordIssue(world, profile, { session, signIn }, window, elevated?.role ?? profile.role);
  const item = credentialsItem(profile, session, signIn.id, window, elevated);
  await all([recorded, tolerate(keepFor(world, at, signIn, name, item, recorded))]);
}

/** Ordinary sessions are issued even where the ledger cannot be written; elevated ones are not. */
export async function recordIssue(
  world: World,
  profile: Profile,
  { session, signIn }: First,
  window: Window | undefined,
  role: RoleRequest | undefined,
): Promise<void> {
  const { accessKeyId, assumedRoleArn } = session;
  const write = world.record({
    event: 'issue',
    profile: profile.name,
    accessKeyId,
    expiration: new Date(session.expiration).toISOString(),
    ...(assumedRoleArn && { sessionName: lastPart(assumedRoleArn) }),
    ...roleDetails(profile, role),
    ...(role?.sourceIdentity && { sourceIdentity: role.sourceIdentity }),
    ...(role?.policy && { policyHash: createHash('sha256').update(role.policy.text).digest('hex') }),
    ...(signIn.userName && { user: signIn.userName }),
    ...(window && { windowId: window.id, ...(window.reason && { reason: window.reason }) }),
  });
  await (window ? write : tolerate(write));
}

/** What is issued, for the ledger: a role, or the permission set itself. */
export function roleDetails(profile: Profile, role: RoleRequest | undefined) {
  if (role) return { roleArn: role.roleArn };
  const { accountId, roleName } = permissionSetOf(profile);
  return { accountId, roleName };
}

/** Why something was refused, for the ledger. */
export function reasonOf({ code, message }: ZspError): string {
  return `${code}: ${message}`;
}

async function recordFailure(world: World, profile: Profile, window: Window, error: ZspError): Promise<void> {
  const event = {
    event: 'renewal-failed',
    profile: profile.name,
    windowId: window.id,
    reason: reasonOf(error),
  } as const;
  await tolerate(world.record(event));
}
