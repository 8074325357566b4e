import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Lease } from '../broker/ports';
import { ZspError } from '../errors';
import { hold, uptime } from './lock-file';
import { lockFileName } from './lock-file-name';

/**
 * A lease is a lock file held for minutes. To see whether it is held one must try to hold it, so every look happens
 * behind a gate: otherwise a waiter's look would make a taker believe that the lease is taken.
 */
export function createLease({ directory }: { readonly directory: string }): Lease {
  const look = async (name: string) => {
    const closeGate = await hold(join(directory, lockFileName(`lease-gate:${name}`)), longestLook);
    if (!closeGate) throw gateStuck();
    try {
      return { release: await hold(join(directory, lockFileName(`lease:${name}`)), 0), closeGate };
    } catch (error) {
      closeGate();
      throw error;
    }
  };

  const isFree = async (name: string) => {
    const { release, closeGate } = await look(name);
    release?.();
    closeGate();
    return release !== undefined;
  };

  return {
    async take(name) {
      const { release, closeGate } = await look(name);
      closeGate();
      return release;
    },
    async wait(name, milliseconds) {
      const deadline = uptime() + milliseconds;
      for (;;) {
        if (await isFree(name)) return true;
        const left = deadline - uptime();
        if (left <= 0) return false;
        await sleep(Math.min(left, 50 + Math.random() * 100));
      }
    },
  };
}

/** A look takes microseconds; who cannot have one for this long meets a stopped process. */
const longestLook = 10_000;

function gateStuck(): ZspError {
  return new ZspError('aws_unavailable', 'another zsp process is stopped while it starts a sign-in', {
    remedy: 'look for a stopped zsp process and continue or end it',
  });
}
