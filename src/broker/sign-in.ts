import { ZspError } from '../errors';
import type { SsoSession } from '../profile/profile';
import type { Secret } from '../secret';
import { endAccessToken } from './access-token';
import { authorizationCode, type InBrowser } from './authorization-code';
import { deviceCode, type ShowCode } from './device-code';
import { forgetSessions } from './inventory';
import { signInName } from './item-names';
import type { SignInItem } from './items';
import type { ClientRegistration, Tokens } from './ports';
import { signInRequired } from './sign-in-errors';
import type { World } from './world';

const minute = 60_000;

/** How long before its end an access token is renewed silently. */
const refreshAhead = 15 * minute;

/** How the user may be asked: in a browser of this machine first, if there is one, else by a code. */
export interface Ways {
  readonly inBrowser?: InBrowser | undefined;
  readonly showCode: ShowCode;
}

/** How a login ended: `kept` renewed or found a living sign-in, `new` asked the user, `waited` took another process's. */
export interface SignedIn {
  readonly how: 'kept' | 'new' | 'waited';
  readonly item: SignInItem;
}

/**
 * Asks the user to sign in, or renews silently where a living sign-in allows it.
 * One process at a time asks the user; others wait for its result.
 * @throws ZspError `access_denied` if the user said no, `sign_in_required` if nobody confirmed it in time, `aws_unavailable`
 */
export async function logIn(
  world: World,
  at: SsoSession,
  options: Ways & { readonly force: boolean; readonly onWait?: () => void },
): Promise<SignedIn> {
  if (!options.force) {
    const kept = await livingSignIn(world, at);
    if (kept) return { how: 'kept', item: kept };
  }
  const release = await world.lease.take(leaseName(at));
  if (!release) {
    options.onWait?.();
    await world.lease.wait(leaseName(at), 10 * minute);
    const theirs = await livingSignIn(world, at);
    if (theirs) return { how: 'waited', item: theirs };
    return logIn(world, at, options);
  }
  try {
    return { how: 'new', item: await askUser(world, at, options) };
  } finally {
    release();
  }
}

/** Waits for another process's login, if one is under way. @returns whether there was one and it ended in time */
export async function waitForLogin(world: World, at: SsoSession, milliseconds: number): Promise<boolean> {
  const free = await world.lease.wait(leaseName(at), 0);
  return !free && world.lease.wait(leaseName(at), milliseconds);
}

function leaseName(at: SsoSession): string {
  return `login:${signInName(at)}`;
}

async function livingSignIn(world: World, at: SsoSession): Promise<SignInItem | undefined> {
  try {
    return await currentSignIn(world, at);
  } catch (error) {
    if (error instanceof ZspError && error.code === 'sign_in_required') return undefined;
    throw error;
  }
}

async function askUser(world: World, at: SsoSession, ways: Ways): Promise<SignInItem> {
  const items = await world.items(at);
  const before = await items.signIn(at);
  const granted = ways.inBrowser && (await authorizationCode(world, at, ways.inBrowser));
  const { client, tokens } = granted ?? (await deviceCode(world, at, before?.client, ways.showCode));
  const item = signInItem(world, at, client, tokens);
  // Whoever signed in now may be somebody else: nothing of the old sign-in is served again, also if this process is killed.
  if (before) await forgetSessions(world, at, before.id);
  const replaced = await world.lock(signInName(at), async () => {
    const until = await items.signIn(at);
    await items.put(signInName(at), item);
    return until;
  });
  // Until then a mint in flight could keep another one.
  if (replaced) await forgetSessions(world, at, replaced.id);
  await world.record({ event: 'sign-in', ssoSession: at.name });
  if (replaced) await endAccessToken(world, at, replaced);
  return item;
}

function signInItem(world: World, at: SsoSession, client: ClientRegistration, tokens: Tokens): SignInItem {
  const { startUrl, region, endpoints } = at;
  const { accessToken, expiration, refreshToken } = tokens;
  const base = { v: 1 as const, id: world.newId(), startUrl, region, origin: endpoints.origin, client };
  return { ...base, accessToken, expiration, ...(refreshToken && { refreshToken }), ...skewOf(world) };
}

/** A smaller difference of the clocks, in milliseconds, is the network's. */
export const noise = 5_000;

function skewOf(world: World): { skew?: number } {
  const skew = world.skew();
  return skew !== undefined && Math.abs(skew) >= noise ? { skew } : {};
}

/**
 * A sign-in whose access token can be used now; renewed silently when under 15 minutes are left and a refresh token is held.
 * @param refused an access token AWS has just answered 401 to: never given back
 * @param known the sign-in as it was read a moment ago; what is kept on its strength looks for it again (`keepFor`)
 * @throws ZspError `sign_in_required`, `aws_unavailable`
 */
export async function currentSignIn(
  world: World,
  at: SsoSession,
  { refused, known }: { readonly refused?: Secret | undefined; readonly known?: SignInItem | undefined } = {},
): Promise<SignInItem> {
  const items = await world.items(at);
  const item = known ?? (await items.signIn(at));
  if (item && !needsRefresh(world, item, refused)) return item;
  if (!item) throw signInRequired(at);
  return world.lock(signInName(at), async () => {
    const again = await items.signIn(at);
    if (!again) throw signInRequired(at);
    if (!needsRefresh(world, again, refused)) return again;
    return refresh(world, at, again, refused);
  });
}

function needsRefresh(world: World, item: SignInItem, refused: Secret | undefined): boolean {
  if (refused?.equals(item.accessToken)) return true;
  return item.expiration - world.clock.now() <= (item.refreshToken ? refreshAhead : 0);
}

/** Runs under the sign-in's lock: refresh tokens rotate, so two processes must never use one. */
async function refresh(world: World, at: SsoSession, item: SignInItem, refused?: Secret): Promise<SignInItem> {
  const items = await world.items(at);
  const living = item.expiration > world.clock.now() && !refused?.equals(item.accessToken);
  if (!item.refreshToken || item.client.expiration <= world.clock.now()) {
    if (living) return item;
    throw await ended(world, at, item);
  }
  try {
    const tokens = await world.signIn.refresh(at, item.client, item.refreshToken);
    // An answer may leave the refresh token out: then the old one stays.
    const { accessToken, expiration, refreshToken = item.refreshToken } = tokens;
    const renewed = { ...item, accessToken, expiration, refreshToken, ...skewOf(world) };
    await items.put(signInName(at), renewed);
    return renewed;
  } catch (error) {
    if (!(error instanceof ZspError)) throw error;
    if (error.code === 'aws_unavailable' && living) return item;
    if (error.code !== 'sign_in_required') throw error;
    if (!living) throw await ended(world, at, item);
    const { refreshToken: _dead, ...rest } = item;
    await items.put(signInName(at), rest);
    return rest;
  }
}

/** Marks a sign-in as ended, so that the next call does not ask AWS again. Its sessions stay: they are valid until they expire. */
async function ended(world: World, at: SsoSession, item: SignInItem): Promise<ZspError> {
  const { refreshToken: _dead, ...rest } = item;
  await (await world.items(at)).put(signInName(at), { ...rest, expiration: 0 });
  return signInRequired(at, `the sign-in to ${at.name} has ended`);
}

/** Keeps what the first GetCallerIdentity told, so that later mints do not ask again. */
export async function rememberUser(world: World, at: SsoSession, signInId: string, userName: string): Promise<void> {
  const items = await world.items(at);
  await world.lock(signInName(at), async () => {
    const item = await items.signIn(at);
    if (item?.id === signInId) await items.put(signInName(at), { ...item, userName, ...skewOf(world) });
  });
}
