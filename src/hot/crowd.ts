import { closeSync, openSync, rmSync, statSync, unlinkSync, utimesSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Turn } from '../lock/turn';
import { type Env, ensurePrivateDirectory, places } from '../places';
import { configPath } from '../profile/settings';

/**
 * Many calls at once without a session: one makes it, and the others wait at a file, before they ask the keychain or load what
 * takes many times as long as a hit. Hundreds that asked would be more than a keychain answers in time, and would keep the
 * first from its work. What is noted here is a hint: only the keychain says what is held.
 */

/** When it is this old, in milliseconds, a call tries by itself: there is time left for that, also where a keychain is silent. */
const patience = 12_500;

/** Whether a call may find what it wants in the keychain: by an empty file whose time is the one until which it serves. */
export function mayBeHeld(args: readonly string[], env: Env): boolean {
  return isAhead(notePath(args, env));
}

function isAhead(path: string): boolean {
  try {
    return (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) > Date.now();
  } catch {
    return false;
  }
}

/** Notes that a session for these arguments is held until then, epoch milliseconds. Failing is no harm. */
export function noteHeld(args: readonly string[], env: Env, until: number): void {
  try {
    const path = notePath(args, env);
    ensurePrivateDirectory(dirname(path));
    closeSync(openSync(path, 'a', 0o600));
    utimesSync(path, new Date(), new Date(until));
  } catch {
    // Everyone looks for a session then as one of a crowd.
  }
}

/** What was noted has turned out to be wrong. */
export function forgetNote(args: readonly string[], env: Env): void {
  try {
    unlinkSync(notePath(args, env));
  } catch {
    // Somebody else has forgotten it.
  }
}

/** What is held has changed: nobody is to go by what was noted before. */
export function forgetNotes(env: Env): void {
  try {
    rmSync(dirname(notePath([], env)), { recursive: true, force: true });
  } catch {
    // Each is forgotten by the call that finds nothing.
  }
}

/** @returns the turn of this call; undefined where there is none to wait for */
export async function turnOf(args: readonly string[], env: Env): Promise<Turn | undefined> {
  try {
    const { takeTurn } = require('../lock/turn') as typeof import('../lock/turn');
    const note = notePath(args, env);
    const path = join(places(env).runtime, 'turns', basename(note));
    return await takeTurn(path, () => isAhead(note), patience - process.uptime() * 1000);
  } catch {
    // Whatever is wrong with the place for locks, the miss path meets it too, and explains it.
    return undefined;
  }
}

/** One file a way to be called; of a long name the end, which tells them apart. */
function notePath(args: readonly string[], env: Env): string {
  const name = [configPath(env), ...args.slice(0, 2), env.ZSP_WINDOW ?? ''].join('\0');
  return join(places(env).runtime, 'held', Buffer.from(name).toString('hex').slice(-200));
}
