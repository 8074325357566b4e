import { ZspError } from '../errors';
import type { SsoSession } from '../profile/profile';
import type { SignInItem } from './items';
import type { World } from './world';

/** Ends a sign-in's access token at AWS. @returns whether it has ended there: false if AWS could not be told */
export async function endAccessToken(world: World, at: SsoSession, item: SignInItem): Promise<boolean> {
  if (item.expiration <= world.clock.now()) return true;
  try {
    await world.portal.logout(at, item.accessToken);
    return true;
  } catch (error) {
    if (!(error instanceof ZspError)) throw error;
    // A token AWS no longer takes has ended already.
    return error.code === 'sign_in_required';
  }
}
