import { ZspError } from '../errors';
import type { SsoSession } from '../profile/profile';
import type { Secret } from '../secret';
import { forgetSessions } from './inventory';
import { signInName } from './item-names';
import type { SignInItem } from './items';
import type { ClientRegistration, DeviceAuthorization, Tokens } from './ports';
import type { World } from './world';

const minute = 60_000;

/** How long before its end an access token is renewed silently. */
const refreshAhead = 15 * minute;

/** What the user must see while zsp waits: the code always, since the verification page no longer shows it. */
export type ShowCode = (authorization: DeviceAuthorization) => void | Promise<void>;

/** How a login ended: `kept` renewed or found a living sign-in, `new` asked the user, `waited` took another process's. */
export interface SignedIn {
  readonly how: 'kept' | 'new' | 'waited';
  readonly item: SignInItem;
}

/**
 * Signs in with the device authorization grant (RFC 8628), or silently where a living sign-in allows it.
 * One process at a time asks the user; others wait for its result.
 * @throws ZspError `access_denied` if the user said no, `sign_in_required` if the code ran out, `aws_unavailable`
 */
export async function logIn(
  world: World,
  at: SsoSession,
  options: { readonly force: boolean; readonly showCode: ShowCode; readonly onWait?: () => void },
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
    return { how: 'new', item: await askUser(world, at, options.showCode) };
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

async function askUser(world: World, at: SsoSession, showCode: ShowCode): Promise<SignInItem> {
  const items = await world.items(at);
  const old = await items.signIn(at);
  let client = old && usable(old.client, world) ? old.client : await world.signIn.registerClient(at);
  let authorization: DeviceAuthorization;
  try {
    authorization = await world.signIn.startDeviceAuthorization(at, client);
  } catch (error) {
    // A registration can end early at AWS; a new one is free.
    if (!(error instanceof ZspError && error.code === 'sign_in_required')) throw error;
    client = await world.signIn.registerClient(at);
    authorization = await world.signIn.startDeviceAuthorization(at, client);
  }
  await showCode(authorization);
  const tokens = await poll(world, at, client, authorization);
  const item = signInItem(world, at, client, tokens);
  await world.lock(signInName(at), () => items.put(signInName(at), item));
  // Whoever signed in now may be somebody else: nothing of the old sign-in is served again.
  if (old) await forgetSessions(world, at, old.id);
  await world.record({ event: 'sign-in', ssoSession: at.name });
  return item;
}

function usable(client: ClientRegistration, world: World): boolean {
  return client.expiration - world.clock.now() > 60 * minute;
}

function signInItem(world: World, at: SsoSession, client: ClientRegistration, tokens: Tokens): SignInItem {
  const { startUrl, region, endpoints } = at;
  const { accessToken, expiration, refreshToken } = tokens;
  const base = { v: 1 as const, id: world.newId(), startUrl, region, origin: endpoints.origin, client };
  return { ...base, accessToken, expiration, ...(refreshToken && { refreshToken }), ...skewOf(world) };
}

/** Under five seconds a difference is the network's, not the clock's. */
function skewOf(world: World): { skew?: number } {
  const skew = world.skew();
  return skew !== undefined && Math.abs(skew) >= 5_000 ? { skew } : {};
}

async function poll(
  world: World,
  at: SsoSession,
  client: ClientRegistration,
  authorization: DeviceAuthorization,
): Promise<Tokens> {
  let interval = authorization.interval;
  while (world.clock.now() < authorization.expiration) {
    await world.clock.sleep(interval * 1000);
    const answer = await world.signIn.pollDeviceToken(at, client, authorization.deviceCode);
    if (answer.kind === 'tokens') return answer.tokens;
    if (answer.kind === 'denied') {
      throw new ZspError('access_denied', 'the sign-in was denied in the browser', { remedy: remedy(at) });
    }
    if (answer.kind === 'expired') break;
    // RFC 8628 §3.5: five seconds are added, and stay added.
    if (answer.kind === 'slow_down') interval += 5;
  }
  throw new ZspError('sign_in_required', 'the code ran out before it was confirmed', { remedy: remedy(at) });
}

function remedy(at: SsoSession): string {
  return `run: zsp login ${at.name}`;
}

export function signInRequired(at: SsoSession, message = `not signed in to ${at.name}`): ZspError {
  return new ZspError('sign_in_required', message, { remedy: remedy(at) });
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
