import { type AccountRoles, type DiscoveryWorld, discover, type Watch } from '../broker/discovery';
import type { Env } from '../places';
import type { SsoSession } from '../profile/profile';
import { bar } from '../terminal/bar';
import type { Progress } from '../terminal/progress';
import { palette } from '../terminal/style';
import { isRecent, recallDiscovery, rememberDiscovery } from './discovery-cache';

export interface ReachParts {
  readonly world: DiscoveryWorld;
  readonly env: Env;
  now(): number;
  /** A line that says what is waited for. */
  progress(text: string): Progress;
}

/** The accounts and roles of a sign-in, discovered in sight of the user. */
export async function discoverReach(parts: ReachParts, at: SsoSession): Promise<readonly AccountRoles[]> {
  const line = parts.progress('Looking for your accounts …');
  try {
    return await askReach(parts, at, {
      onHeadway({ done, total }) {
        const share = bar(done / Math.max(1, total), 16, palette(false));
        line.update(`${share} roles of ${done} of ${total} accounts …`);
      },
    });
  } finally {
    line.end();
  }
}

/** The same, or what was found less than a minute ago. */
export async function recentReach(parts: ReachParts, at: SsoSession): Promise<readonly AccountRoles[]> {
  const signIn = await (await parts.world.items(at)).signIn(at);
  const found = signIn && recallDiscovery(parts.env, at, signIn.id);
  return found && isRecent(found, parts.now()) ? found.accounts : discoverReach(parts, at);
}

/** The same without a word. */
export async function askReach(
  parts: Omit<ReachParts, 'progress'>,
  at: SsoSession,
  watch: Watch,
): Promise<readonly AccountRoles[]> {
  const { signInId, accounts } = await discover(parts.world, at, watch);
  rememberDiscovery(parts.env, at, { signInId, at: parts.now(), accounts });
  return accounts;
}
