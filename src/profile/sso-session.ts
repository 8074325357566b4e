import { ZspError } from '../errors';
import type { Env } from '../places';
import { checkedKeys, refusedKey } from './checked-section';
import { configError, printable, quoted } from './config-error';
import { type ConfigFile, findConfigFile, openConfigFile } from './config-file';
import { endpoints } from './endpoints';
import { nearest } from './nearest';
import type { SsoSession } from './profile';
import { ssoSessionKeys } from './schema';
import { findSection, type Section, sectionNames } from './sections';

const defaultScopes = ['sso:account:access'];

/**
 * Reads an sso-session; without a name, the only one.
 * @throws ZspError `usage` where there are several to choose from, else `config_invalid` with file, line and key
 */
export function resolveSsoSession(name: string | undefined, env: Env): SsoSession {
  return resolveSsoSessionIn(openConfigFile(env), name);
}

/** The same, of a text that may not be on the disk yet. */
export function resolveSsoSessionIn(config: ConfigFile, name: string | undefined): SsoSession {
  const chosen = name ?? onlySession(config);
  const section = findSection(config.text, 'sso-session', chosen);
  if (section) return checkedSsoSession(config, section);
  throw configError({ file: config.path }, `there is no sso-session ${quoted(chosen)}`, otherSession(config, chosen));
}

/** What to do where the file has no such sso-session. */
export function otherSession(config: ConfigFile, name: string): string {
  const names = sectionNames(config.text, 'sso-session');
  const likely = nearest(name, names);
  if (likely.length > 0) return `did you mean ${likely.map(printable).join(', ')}?`;
  const add = `add an [sso-session ${quoted(name)}]`;
  return names.length > 0 ? `name one that is there (${shown(names)}), or ${add}` : add;
}

/** In the file's order. */
export function listSsoSessions(env: Env): string[] {
  return sectionNames(findConfigFile(env).text, 'sso-session');
}

function onlySession(config: ConfigFile): string {
  const names = sectionNames(config.text, 'sso-session');
  const [only] = names;
  if (only === undefined) {
    const remedy = 'add one: zsp configure, or docs/profiles.md';
    throw configError({ file: config.path }, 'there is no [sso-session NAME] to sign in to', remedy);
  }
  if (names.length === 1) return only;
  throw new ZspError('usage', `there are ${names.length} sso-sessions: ${shown(names)}`, {
    remedy: `name one, like ${printable(only)}`,
  });
}

function shown(names: readonly string[]): string {
  return `${names.slice(0, 10).map(printable).join(', ')}${names.length > 10 ? ', …' : ''}`;
}

/**
 * @param fips what the profile says of FIPS endpoints
 * @throws ZspError `config_invalid`
 */
export function checkedSsoSession(config: ConfigFile, section: Section, fips?: boolean): SsoSession {
  const keys = checkedKeys(config, section, ssoSessionKeys);
  if (keys.sso_start_url === undefined) throw refusedKey(config, section, 'sso_start_url', "the access portal's URL");
  if (keys.sso_region === undefined) throw refusedKey(config, section, 'sso_region', "Identity Center's region");
  return {
    name: section.name,
    startUrl: keys.sso_start_url,
    region: keys.sso_region,
    registrationScopes: keys.sso_registration_scopes ?? defaultScopes,
    keychain: keys.zsp_keychain ?? 'auto',
    ...(keys.zsp_browser !== undefined && { browser: keys.zsp_browser }),
    endpoints: endpoints(keys.sso_region, { env: config.env, endpointUrl: keys.zsp_endpoint_url, fips }),
  };
}
