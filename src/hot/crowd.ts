import { join } from 'node:path';
import { places } from '../places';
import { configPath } from '../profile/settings';

/** After this, in milliseconds, a call tries by itself: there is time left for that. */
const patience = 12_000;

/**
 * Many calls that miss at once: one goes on, and the others wait for it here, before they load what takes many times as long as
 * a hit; all of them at once would keep the first from its work.
 * @returns whether there was one to wait for, so that it is worth looking for its result
 */
export async function waitedForFirst(args: readonly string[], env: NodeJS.ProcessEnv): Promise<boolean> {
  if (args.includes('--ahead')) return false;
  try {
    const { isFirst } = require('../lock/turn') as typeof import('../lock/turn');
    const name = [configPath(env), ...args, env.ZSP_WINDOW ?? ''].join('\0');
    return !(await isFirst(join(places(env).runtime, 'locks'), name, patience));
  } catch {
    // Whatever is wrong with the place for locks, the miss path meets it too, and explains it.
    return false;
  }
}
