import { findConfigFile } from '../profile/config-file';
import { listProfiles, resolveProfile } from '../profile/resolve';
import { findSection } from '../profile/sections';
import { bypassingKeys } from '../profile/settings';
import { listSsoSessions, resolveSsoSession } from '../profile/sso-session';
import type { Check, Finding } from './check';
import { findingOf } from './finding-of';

/** Every profile of zsp, its sources, policies and sso-session. */
export const config: Check = {
  name: 'profiles resolve',
  async idle({ env }) {
    return listSsoSessions(env).length + listProfiles(env).length > 0 ? undefined : 'there is no profile of zsp yet';
  },
  async run({ env }) {
    const { text } = findConfigFile(env);
    const findings = [
      ...listSsoSessions(env).flatMap((name) => findingOf(() => resolveSsoSession(name, env))),
      ...listProfiles(env)
        .filter((name) => !isBypassed(text, name))
        .flatMap((name) => findingOf(() => resolveProfile(name, env))),
    ];
    // One mistake in a source or a sign-in spoils many profiles.
    return [...new Map(findings.map((one): [string, Finding] => [one.message, one])).values()];
  },
};

/** The precedence check tells of those, and of all such keys at once. */
function isBypassed(text: string, name: string): boolean {
  const values = findSection(text, 'profile', name)?.values;
  return bypassingKeys.some((key) => values?.has(key));
}
