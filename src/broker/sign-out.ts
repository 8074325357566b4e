import { ZspError } from '../errors';
import type { SsoSession } from '../profile/profile';
import { forgetSessions, type Held } from './inventory';
import { signInName } from './item-names';
import type { SignInItem } from './items';
import { signInRequired } from './sign-in';
import type { World } from './world';

/**
 * Ends the sign-in at AWS, and forgets its tokens and every credential that came from it.
 * @returns the sessions that live on at AWS, and whether AWS has heard of the end
 * @throws ZspError `sign_in_required` if there is none
 */
export async function logOut(
  world: World,
  at: SsoSession,
): Promise<{ readonly living: readonly Held[]; readonly told: boolean }> {
  const items = await world.items(at);
  const item = await items.signIn(at);
  if (!item) throw signInRequired(at);
  // The sign-in goes first: a mint in flight looks for it before it stores anything.
  await world.lock(signInName(at), () => items.remove(signInName(at)));
  const living = await forgetSessions(world, at, item.id);
  const told = await tellAws(world, at, item);
  await world.record({ event: 'sign-out', ssoSession: at.name, ...(item.userName && { user: item.userName }) });
  return { living, told };
}

async function tellAws(world: World, at: SsoSession, item: SignInItem): Promise<boolean> {
  if (item.expiration <= world.clock.now()) return true;
  try {
    await world.portal.logout(at, item.accessToken);
    return true;
  } catch (error) {
    // A token AWS no longer takes has ended already.
    if (error instanceof ZspError && error.code === 'sign_in_required') return true;
    if (error instanceof ZspError && error.code === 'aws_unavailable') return false;
    throw error;
  }
}
