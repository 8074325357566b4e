import { ZspError } from '../errors';
import type { Env } from '../places';
import type { SsoSession } from '../profile/profile';
import { listSsoSessions, resolveSsoSession } from '../profile/sso-session';

/** The sso-sessions that resolve; the config check tells of the others. */
export function signIns(env: Env): readonly SsoSession[] {
  return listSsoSessions(env).flatMap((name) => {
    try {
      return resolveSsoSession(name, env);
    } catch (error) {
      if (error instanceof ZspError) return [];
      throw error;
    }
  });
}
