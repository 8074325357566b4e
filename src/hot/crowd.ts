import { join } from 'node:path';
import { places } from '../places';
import { configPath } from '../profile/settings';

/** When it is this old, in milliseconds, a call tries by itself: there is time left for that. */
const patience = 12_000;

/**
 * Many calls that miss at once: one goes on, and the others wait for it here, before they load what takes many times as long as
 * a hit; all of them at once would keep the first from its work. Then they look for its result one by one, since hundreds at
 * once are more than a keychain answers in time.
 * @returns undefined for the one that goes on, which has its turn until it ends; for the others what ends theirs
 */
export async function followFirst(args: readonly string[], env: NodeJS.ProcessEnv): Promise<(() => void) | undefined> {
  if (args.includes('--ahead')) return undefined;
  try {
    const { follow } = require('../lock/turn') as typeof import('../lock/turn');
    const name = [configPath(env), ...args, env.ZSP_WINDOW ?? ''].join('\0');
    return await follow(join(places(env).runtime, 'locks'), name, patience - process.uptime() * 1000);
  } catch {
    // Whatever is wrong with the place for locks, the miss path meets it too, and explains it.
    return undefined;
  }
}
