import { type AccountRoles, type DiscoveryWorld, discover } from '../broker/discovery';
import type { Env } from '../places';
import type { SsoSession } from '../profile/profile';
import type { Progress } from '../terminal/progress';
import { recallDiscovery, rememberDiscovery } from './discovery-cache';

export interface ReachParts {
  readonly world: DiscoveryWorld;
  readonly env: Env;
  now(): number;
  /** A line that says what is waited for. */
  progress(text: string): Progress;
}

/** The accounts and roles of a sign-in, discovered in sight of the user. */
export async function discoverReach(parts: ReachParts, at: SsoSession): Promise<readonly AccountRoles[]> {
  const { world, env } = parts;
  const line = parts.progress('Looking for your accounts …');
  try {
    const { signInId, accounts } = await discover(world, at, ({ done, total }) =>
      line.update(`${bar(done, total)} roles of ${done} of ${total} accounts …`),
    );
    rememberDiscovery(env, at, { signInId, at: parts.now(), accounts });
    return accounts;
  } finally {
    line.end();
  }
}

/** The same, or what was found less than a minute ago. */
export async function recentReach(parts: ReachParts, at: SsoSession): Promise<readonly AccountRoles[]> {
  const signIn = await (await parts.world.items(at)).signIn(at);
  const recent = signIn && recallDiscovery(parts.env, at, signIn.id, parts.now());
  return recent ? recent.accounts : discoverReach(parts, at);
}

function bar(done: number, total: number): string {
  const width = 16;
  const full = Math.floor((width * done) / Math.max(1, total));
  return `${'█'.repeat(full)}${'░'.repeat(width - full)}`;
}
