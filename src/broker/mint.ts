import { ZspError } from '../errors';
import { fence } from '../policy/fence';
import type { Profile, RoleRequest, SsoSession } from '../profile/profile';
import { lastPart } from '../profile/role-arn';
import type { Secret } from '../secret';
import { permissionSetName } from './item-names';
import type { CredentialsItem, PermissionSetItem, SignInItem, Window } from './items';
import type { Session } from './ports';
import { currentSignIn, noise, rememberUser } from './sign-in';
import type { World } from './world';

/** AWS's cap on role chaining, and STS's floor: API_AssumeRole, DurationSeconds. */
const chainingCap = 3600;
const stsFloor = 900;

const minute = 60_000;

/** The first credentials and whose they are. */
export interface First {
  readonly session: Session;
  readonly signIn: SignInItem;
}

/** The same, while they are still being kept for the next profile: they are good for use, and `kept` has to be awaited. */
export interface Fetched extends First {
  readonly kept: Promise<void>;
}

/**
 * A permission set's credentials: held ones while they are good for what they are wanted for, else from GetRoleCredentials.
 * @param refused credentials STS has just refused: never given back
 * @throws ZspError `sign_in_required`, `access_denied`, `aws_unavailable`
 */
export async function permissionSet(
  world: World,
  at: SsoSession,
  wanted: { readonly accountId: string; readonly roleName: string },
  options: { readonly minimumLeft: number; readonly refused?: Session } = { minimumLeft: minute },
): Promise<Fetched> {
  const items = await world.items(at);
  const signIn = await items.signIn(at);
  // Without a sign-in there is nothing to look for; with an ended one, held credentials still work.
  const id = signIn?.id ?? (await currentSignIn(world, at)).id;
  const name = permissionSetName(id, wanted.accountId, wanted.roleName);
  const held = async () => {
    const session = (await items.permissionSet(name))?.session;
    if (!session || session.accessKeyId === options.refused?.accessKeyId) return undefined;
    return session.expiration - world.clock.now() > options.minimumLeft ? session : undefined;
  };
  let use: (first: First) => void = () => {};
  const usable = new Promise<First>((resolve) => {
    use = resolve;
  });
  const kept = world.lock(name, async () => {
    const found = await held();
    const now = found && (await items.signIn(at));
    if (found && now?.id === id) {
      // They are held also where the call that fetched them has not learned whose they are.
      const signIn = await withUser(world, at, { session: found, signIn: now });
      return use({ session: found, signIn });
    }
    const fresh = await roleCredentials(world, at, wanted, signIn);
    if (fresh.signIn.id !== id) throw signedOutMeanwhile(at);
    // To keep them takes a keychain as long as AWS takes for its next answer: neither waits for the other, and the question to
    // AWS goes out first.
    const keep = () => keepFor(world, at, fresh.signIn, name, { v: 1, session: fresh.session });
    const keeping = tolerate(world.clock.sleep(0).then(keep));
    const named = withUser(world, at, fresh).then((owner) => use({ session: fresh.session, signIn: owner }));
    await all([keeping, named]);
  });
  // Whoever fails meanwhile says so, and does not wait for it.
  kept.catch(() => {});
  return { ...(await Promise.race([usable, kept.then(() => usable)])), kept };
}

/** Ends when all of it has ended. @throws what the first of them to fail has thrown */
export async function all(work: readonly Promise<void>[]): Promise<void> {
  const ends = await Promise.allSettled(work);
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

export function signedOutMeanwhile(at: SsoSession): ZspError {
  return new ZspError('sign_in_required', `signed out of ${at.name} meanwhile`, {
    remedy: `run: zsp login ${at.name}`,
  });
}

/**
 * Keeps what came from a sign-in, unless that has ended meanwhile. It is looked for after the write too: a logout that had
 * listed what it forgets just before would otherwise leave this behind.
 * @param recorded what has to have ended well before it is written; what can be looked at before is looked at meanwhile
 * @throws ZspError `sign_in_required`, and what `recorded` throws
 */
export async function keepFor(
  world: World,
  at: SsoSession,
  { id }: SignInItem,
  name: string,
  item: CredentialsItem | PermissionSetItem,
  recorded: Promise<void> = Promise.resolve(),
): Promise<void> {
  const items = await world.items(at);
  const lives = async () => (await items.signIn(at))?.id === id;
  const may = async () => (await Promise.all([lives(), recorded]))[0];
  if (await items.put(name, item, may)) {
    if (await lives()) return;
    await items.remove(name);
  }
  throw signedOutMeanwhile(at);
}

/** Nobody is refused a good session because it could not be kept: the next call makes another. */
export async function tolerate(write: Promise<void>): Promise<void> {
  try {
    await write;
  } catch (error) {
    if (!(error instanceof ZspError && ['keychain_unavailable', 'storage_failed'].includes(error.code))) throw error;
  }
}

/** A token that looks valid here can be dead at AWS: refresh it, and ask once more. */
async function roleCredentials(
  world: World,
  at: SsoSession,
  { accountId, roleName }: { readonly accountId: string; readonly roleName: string },
  known: SignInItem | undefined,
): Promise<First> {
  const ask = async (refused?: Secret): Promise<First | Secret> => {
    const signIn = await currentSignIn(world, at, refused ? { refused } : { known });
    try {
      const session = await world.portal.roleCredentials(at, signIn.accessToken, accountId, roleName);
      return { session: inOurTime(world, session, signIn), signIn };
    } catch (error) {
      if (error instanceof ZspError && error.code === 'sign_in_required') return signIn.accessToken;
      throw error;
    }
  };
  const first = await ask();
  if ('session' in first) return first;
  const second = await ask(first);
  if ('session' in second) return second;
  // The renewed token is refused too: this drops it, and says what to do.
  await currentSignIn(world, at, { refused: second });
  throw signedOutMeanwhile(at);
}

/** The signed-in user's name is not in any token: the first session's ARN tells it, once a sign-in. */
async function withUser(world: World, at: SsoSession, { session, signIn }: First): Promise<SignInItem> {
  if (signIn.userName) return signIn;
  const { arn } = await world.sts.callerIdentity({ endpoints: at.endpoints, region: at.region }, session);
  const userName = lastPart(arn);
  await tolerate(rememberUser(world, at, signIn.id, userName));
  return { ...signIn, userName };
}

/** AWS's clock less ours, in milliseconds: as this process has seen it, or else as the sign-in did. */
export function skewOf(world: World, signIn: SignInItem): number {
  const skew = world.skew() ?? signIn.skew ?? 0;
  return Math.abs(skew) >= noise ? skew : 0;
}

/** Expirations are kept and printed in this machine's time, since the clients compare them with this machine's clock. */
function inOurTime(world: World, session: Session, signIn: SignInItem): Session {
  return { ...session, expiration: session.expiration - skewOf(world, signIn) };
}

/**
 * AssumeRole with the scope, and the time, that were asked for. STS gives between 15 minutes and an hour here; what must
 * end sooner, or exactly with its window, is fenced (policy/fence.ts).
 */
export async function assumeRole(
  world: World,
  profile: Profile,
  role: RoleRequest,
  first: First,
  window: Window | undefined,
): Promise<Session> {
  const { durationSeconds, fenceAt } = sessionTime(role, world.clock.now(), window?.endsAt);
  const roleSessionName = role.roleSessionName ?? sessionName(first.signIn);
  const at = { endpoints: profile.ssoSession.endpoints, region: profile.region };
  const ask = (skew: number) => {
    const fenced = fenceAt === undefined ? role : withFence(role, fenceAt + skew);
    return world.sts.assumeRole(at, first.session, { ...fenced, durationSeconds, roleSessionName });
  };
  const believed = skewOf(world, first.signIn);
  let session = await ask(believed);
  // A clock that was set since the sign-in shows only in the answer: its fence stands at the wrong time.
  const seen = skewOf(world, first.signIn);
  if (fenceAt !== undefined && Math.abs(seen - believed) >= noise) session = await ask(seen);
  const ours = inOurTime(world, session, first.signIn);
  return fenceAt === undefined ? ours : { ...ours, expiration: Math.min(ours.expiration, fenceAt) };
}

/** How long one session of a role lives where its window is longer. */
export function sessionSeconds({ durationSeconds }: RoleRequest): number {
  return Math.min(durationSeconds, chainingCap);
}

/** How long to ask STS for, and when to fence. Whole seconds, as a fence has them. */
function sessionTime(
  role: RoleRequest,
  now: number,
  windowEndsAt: number | undefined,
): { readonly durationSeconds: number; readonly fenceAt?: number } {
  const asked = now + sessionSeconds(role) * 1000;
  const endsAt = windowEndsAt === undefined ? asked : Math.min(asked, windowEndsAt);
  const seconds = Math.ceil((endsAt - now) / 1000);
  const durationSeconds = Math.max(stsFloor, seconds);
  const exact = seconds < stsFloor || endsAt === windowEndsAt;
  return exact ? { durationSeconds, fenceAt: Math.floor(endsAt / 1000) * 1000 } : { durationSeconds };
}

/** Whether the role's session policy leaves room for the fence its window's last session needs. @throws ZspError `config_invalid` */
export function checkFence(role: RoleRequest, endsAt: number): void {
  withFence(role, endsAt);
}

function withFence(role: RoleRequest, atAws: number): RoleRequest {
  const { policy, ...rest } = role;
  const { policy: text } = fence(
    { policyArns: role.policyArns, ...(policy && { policy: policy.text, name: policy.name }) },
    atAws,
  );
  return text === undefined ? rest : { ...rest, policy: { name: policy?.name ?? 'fence', text } };
}

/** RoleSessionName: 2 to 64 of `[\w+=,.@-]`; the user's name, as CloudTrail should show it. */
function sessionName({ userName = 'zsp' }: SignInItem): string {
  const name = userName.replace(/[^\w+=,.@-]/g, '-').slice(0, 64);
  return name.length < 2 ? `zsp-${name}` : name;
}
