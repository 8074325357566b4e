import { type IssueOptions, issue } from './broker/issue';
import type { First } from './broker/mint';
import type { Session } from './broker/ports';
import { sessionAnswer } from './broker/session-answer';
import { shellWindow } from './broker/shell-window';
import { waitForLogin } from './broker/sign-in';
import { wordsOf } from './ending';
import { ZspError } from './errors';
import type { Env } from './places';
import type { Profile } from './profile/profile';
import type { RealWorld } from './world';

export interface ServingParts extends Pick<RealWorld, 'world' | 'notes' | 'deadline'> {
  readonly env: Env;
  /** Where the client reads. */
  answer(text: string): void;
  profile(name: string): Profile;
}

type Serving = Pick<IssueOptions, 'ahead' | 'looked'>;

/** Issues a profile's credentials and prints them for the client; a failure is noted for `zsp status --last-error`. */
export async function serveProfile(parts: ServingParts, name: string, options: Serving): Promise<Session> {
  try {
    return await serve(parts, name, options);
  } catch (error) {
    const { code, message, remedy } = wordsOf(error);
    const time = new Date().toISOString();
    await parts.notes.failed({ time, profile: name, code, message, ...(remedy && { remedy }) });
    throw error;
  }
}

async function serve(parts: ServingParts, name: string, options: Serving): Promise<Session> {
  const windowId = shellWindow(parts.env, name);
  const { session } = await issueOrWait(parts, parts.profile(name), { windowId, ...options });
  if (options.ahead) return session;
  parts.answer(sessionAnswer(session));
  return session;
}

/** Somebody may be signing in just now: their result is worth waiting for. */
async function issueOrWait({ world, deadline }: ServingParts, profile: Profile, options: IssueOptions): Promise<First> {
  try {
    return await issue(world, profile, options);
  } catch (error) {
    if (!(error instanceof ZspError && error.code === 'sign_in_required')) throw error;
    const waited = await waitForLogin(world, profile.ssoSession, deadline - world.clock.now() - 3_000);
    if (!waited) throw error;
    return issue(world, profile, options);
  }
}
