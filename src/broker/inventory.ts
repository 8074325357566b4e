import type { SsoSession } from '../profile/profile';
import type { CredentialsItem, SignInItem } from './items';
import type { World } from './world';

/** A profile's credentials as the keychain holds them, and the item's name. */
export interface Held {
  readonly name: string;
  readonly item: CredentialsItem;
}

/** What is held for one sign-in: for `status`, and for saying what lives on at AWS. */
export async function inventory(
  world: World,
  at: SsoSession,
): Promise<{ readonly signIn: SignInItem | undefined; readonly held: readonly Held[] }> {
  const items = await world.items(at);
  const signIn = await items.signIn(at);
  if (!signIn) return { signIn, held: [] };
  const held: Held[] = [];
  for (const name of await items.names()) {
    if (!name.startsWith('credentials:')) continue;
    const item = await items.credentials(name);
    if (item?.signInId === signIn.id) held.push({ name, item });
  }
  return { signIn, held };
}

/** Forgets every session that came from a sign-in. @returns those that had time left: nothing can call them back from AWS */
export async function forgetSessions(world: World, at: SsoSession, signInId: string): Promise<readonly Held[]> {
  const items = await world.items(at);
  const living: Held[] = [];
  for (const name of await items.names()) {
    if (name.startsWith(`permission-set:${signInId}:`)) await forget(world, at, name);
    if (!name.startsWith('credentials:')) continue;
    const item = await items.credentials(name);
    if (item?.signInId !== signInId) continue;
    if (item.session.expiration > world.clock.now()) living.push({ name, item });
    await forget(world, at, name);
  }
  return living;
}

/** Forgets one item: at once, so that no hit is served, and again under its lock, since a renewal may just be writing it. */
export async function forget(world: World, at: SsoSession, name: string): Promise<void> {
  const items = await world.items(at);
  await items.remove(name);
  await world.lock(name, () => items.remove(name));
}
