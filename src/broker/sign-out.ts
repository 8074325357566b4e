import type { SsoSession } from '../profile/profile';
import { endAccessToken } from './access-token';
import { forgetSessions, type Held } from './inventory';
import { signInName } from './item-names';
import { signInRequired } from './sign-in-errors';
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
  // Its sessions go first: those that outlived it would be served on, and no later logout would find them.
  const held = await forgetSessions(world, at, item.id);
  await world.lock(signInName(at), () => items.remove(signInName(at)));
  // Until then a mint in flight could keep another one.
  const living = [...held, ...(await forgetSessions(world, at, item.id))];
  const told = await endAccessToken(world, at, item);
  await world.record({ event: 'sign-out', ssoSession: at.name, ...(item.userName && { user: item.userName }) });
  return { living, told };
}
