import { listProfiles } from '../profile/resolve';
import type { DoctorWorld } from './check';
import { signIns } from './sign-ins';

/** Why checks of what a user has not set up yet look at nothing. */

export async function withoutSignIn({ env }: DoctorWorld): Promise<string | undefined> {
  return signIns(env).length > 0 ? undefined : 'there is no [sso-session] that zsp can use';
}

export async function withoutProfile({ env }: DoctorWorld): Promise<string | undefined> {
  return listProfiles(env).length > 0 ? undefined : 'there is no profile of zsp yet';
}
