import { realpathSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { type Env, home, places, readRegularFile } from '../places';
import { type KeychainChoice, keychainChoices } from './profile';
import { findSection, isZspKey, type Section } from './sections';

/** What a hit needs to know of a profile: nothing is checked here, only compared. */
export interface Settings {
  /** The real path of the config file. */
  readonly configFile: string;
  readonly profile: string;
  /** Everything a session of this profile depends on. Two texts are equal exactly if all of that is. */
  readonly text: string;
  readonly keychain: KeychainChoice;
  /** Whether a session is issued only inside an elevation window. */
  readonly elevated: boolean;
}

/** One profile of a chain of sources; no section where the file has none. */
export interface Link {
  readonly name: string;
  readonly section: Section | undefined;
}

/** AWS_CONFIG_FILE, or `~/.aws/config`. */
export function configPath(env: Env): string {
  const given = env.AWS_CONFIG_FILE;
  if (!given) return join(home(env), '.aws', 'config');
  return given === '~' || given.startsWith('~/') ? join(home(env), given.slice(1)) : given;
}

/**
 * Reads the settings of a profile, one config file and its policies. Anything unusual is `undefined`, so that the resolver
 * explains it.
 */
export function readSettings(profileName: string, env: Env): Settings | undefined {
  try {
    return settingsOf(profileName, env);
  } catch {
    return undefined;
  }
}

function settingsOf(profileName: string, env: Env): Settings | undefined {
  const configFile = realpathSync.native(configPath(env));
  const config = readRegularFile(configFile).toString();
  const chain = followSources(config, profileName).map((link) => link.section);
  if (!isComplete(chain)) return undefined;

  const sessionName = chain.at(-1)?.values.get('zsp_sso_session')?.text;
  const session = sessionName === undefined ? undefined : findSection(config, 'sso-session', sessionName);
  if (!session || session.strays.length > 0) return undefined;

  const keychain = keychainOf(session);
  if (keychain === undefined) return undefined;
  const text = settingsText(chain, session, env);
  const elevated = chain.some((section) => section.values.has('zsp_elevation'));
  return { configFile, profile: profileName, text, keychain, elevated };
}

function isComplete(chain: readonly (Section | undefined)[]): chain is Section[] {
  return chain.every((section) => section?.strays.length === 0) && !chain.at(-1)?.values.has('zsp_source_profile');
}

/** Longer chains are refused: each link is one more AssumeRole. */
export const longestChain = 8;

/**
 * Follows `zsp_source_profile` from a profile to the one that has none. It ends early at a name the file does not have, at a
 * name met before (which is then the last), and at `longestChain`.
 */
export function followSources(config: string, profileName: string): Link[] {
  const chain: Link[] = [];
  for (let name: string | undefined = profileName; name !== undefined && chain.length < longestChain; ) {
    const again = chain.some((link) => link.name === name);
    const section: Section | undefined = findSection(config, 'profile', name);
    chain.push({ name, section });
    name = again ? undefined : section?.values.get('zsp_source_profile')?.text;
  }
  return chain;
}

/** With one of these beside it, some or all SDKs never run `credential_process` (docs/adr/0002). */
export const bypassingKeys = [
  'role_arn',
  'web_identity_token_file',
  'sso_session',
  'sso_start_url',
  'sso_region',
  'sso_account_id',
  'sso_role_name',
  'login_session',
  'aws_access_key_id',
  'aws_secret_access_key',
] as const;

/** Keys of other tools that the resolver uses, or refuses. */
const othersKeys: readonly string[] = ['region', 'use_fips_endpoint', ...bypassingKeys];

/** What settles where AWS is, besides the sso-session's region and `zsp_endpoint_url`. */
const endpointVariables = [
  'AWS_ENDPOINT_URL',
  'AWS_ENDPOINT_URL_SSO',
  'AWS_ENDPOINT_URL_SSO_OIDC',
  'AWS_ENDPOINT_URL_STS',
  'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS',
];

/**
 * The literal text of what a session depends on. Order and comments do not matter, and neither do other keys of other tools.
 * @throws where a policy cannot be read
 */
export function settingsText(chain: readonly Section[], session: Section, env: Env): string {
  const policies = chain.flatMap((section) => section.values.get('zsp_session_policy')?.text ?? []);
  return JSON.stringify([
    ...chain.map((section) => literal(section, (key) => isZspKey(key) || othersKeys.includes(key))),
    literal(session, (key) => isZspKey(key) || key.startsWith('sso_')),
    ...policies.map((policy) => readPolicyText(policy, env)),
    ...endpointVariables.map((name) => env[name] || ''),
  ]);
}

function literal(section: Section, counts: (key: string) => boolean): unknown {
  const kept = [...section.values].filter(([key]) => counts(key)).map(([key, value]) => [key, value.text]);
  return [section.name, kept.sort(([a = ''], [b = '']) => (a < b ? -1 : 1))];
}

function keychainOf(session: Section): KeychainChoice | undefined {
  const named = session.values.get('zsp_keychain')?.text ?? 'auto';
  return keychainChoices.find((choice) => choice === named);
}

/** Where `zsp_session_policy` points: a file, or nowhere for inline JSON and for what is neither. */
export function policyFile(value: string, env: Env): string | undefined {
  if (isAbsolute(value)) return value;
  return /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(value)
    ? join(places(env).config, 'policies', `${value}.json`)
    : undefined;
}

/** @throws where the file cannot be read */
export function readPolicyText(value: string, env: Env): string {
  const file = policyFile(value, env);
  return file === undefined ? value : readRegularFile(file).toString();
}
