import { formatDuration } from '../duration';
import { ZspError } from '../errors';
import type { Check, DoctorWorld } from './check';
import { withoutSignIn } from './idle';
import { questions } from './questions';

/** AWS refuses signatures that are further off than this, in milliseconds. */
const tolerated = 5 * 60_000;

/** This machine's clock against the `Date` of AWS's answers. */
export const clock: Check = {
  name: "the clock agrees with AWS's",
  async idle(world) {
    const without = await withoutSignIn(world);
    return without ?? ((await skewOf(world)) === undefined ? 'AWS did not answer' : undefined);
  },
  async run(world) {
    const skew = await skewOf(world);
    if (skew === undefined || Math.abs(skew) <= tolerated) return [];
    const off = `${formatDuration(Math.abs(skew) / 1000)} ${skew > 0 ? 'behind' : 'ahead of'}`;
    return [
      {
        message: `this machine's clock is ${off} AWS's: other AWS clients have their requests refused`,
        remedy: 'set the clock, for instance with: sudo timedatectl set-ntp true (in WSL: sudo hwclock -s)',
      },
    ];
  },
};

/** By the first endpoint that answers. */
async function skewOf({ env, reach }: DoctorWorld): Promise<number | undefined> {
  for (const { service, endpoint } of questions(env)) {
    const skew = await reach(service, endpoint).catch(unreached);
    if (skew !== undefined) return skew;
  }
  return undefined;
}

/** The endpoints check tells of those. */
function unreached(error: unknown): undefined {
  if (!(error instanceof ZspError)) throw error;
}
