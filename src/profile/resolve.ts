import { ZspError } from '../errors';
import type { Env } from '../places';
import { checkSessionPolicy } from '../policy/session-policy';
import { checkedKeys, misplacedKey, refusedKey } from './checked-section';
import { configError, printable, quoted } from './config-error';
import { type ConfigFile, findConfigFile, openConfigFile, reasonOf } from './config-file';
import { partitionOf } from './endpoints';
import { nearest } from './nearest';
import type { Profile, RoleRequest, SsoSession } from './profile';
import { type ProfileKeys, profileKeys, scopingKeys } from './schema';
import { allSections, findSection, isZspKey, type Section, sectionNames } from './sections';
import { bypassingKeys, followSources, longestChain, policyFile, readPolicyText, settingsText } from './settings';
import { checkedSsoSession, otherSession } from './sso-session';

/** One profile of a chain of sources, checked by itself. */
interface Checked {
  readonly section: Section;
  readonly keys: ProfileKeys;
}

const defaultDurationSeconds = 3600;

/**
 * Reads a profile, its sources, its sso-session and its policies.
 * @throws ZspError `config_invalid` with file, line and key
 */
export function resolveProfile(name: string, env: Env): Profile {
  return resolveProfileIn(openConfigFile(env), name);
}

/** The same, of a text that may not be on the disk yet. */
export function resolveProfileIn(config: ConfigFile, name: string): Profile {
  const chain = sourceSections(config, name).map((section) => checkedProfile(config, section));
  return build(config, chain);
}

/**
 * A permission set in an account that no profile stands for, as if one did: `444455556666/Admin`.
 * @throws ZspError `config_invalid`, also where a profile is called so: its windows and the ledger's lines go by the name
 */
export function resolvePermissionSet(ssoSession: string, accountId: string, roleName: string, env: Env): Profile {
  const config = openConfigFile(env);
  const name = `${accountId}/${roleName}`;
  const taken = findSection(config.text, 'profile', name);
  if (taken) {
    const problem = `profile ${quoted(name)} is called like a role, and is another one`;
    throw configError({ file: config.path, line: taken.line }, problem, 'give that profile another name');
  }
  const keys = { zsp_sso_session: ssoSession, zsp_sso_account_id: accountId, zsp_sso_role_name: roleName };
  const values = new Map(Object.entries(keys).map(([key, text]) => [key, { text, line: 0 }]));
  return build(config, [checkedProfile(config, { name, line: 0, values, strays: [] })]);
}

/** The profiles zsp serves, in the file's order; those it would refuse are among them. */
export function listProfiles(env: Env): string[] {
  return allSections(findConfigFile(env).text, 'profile')
    .filter(isZspProfile)
    .map((section) => section.name);
}

function isZspProfile(section: Section): boolean {
  return (
    section.strays.some((stray) => isZspKey(stray.text.toLowerCase())) || [...section.values.keys()].some(isZspKey)
  );
}

/** The profile and its sources, the one with the permission set last. */
function sourceSections(config: ConfigFile, profileName: string): Section[] {
  const chain = followSources(config.text, profileName);
  const found: Section[] = [];
  for (const { name, section } of chain) {
    if (section === undefined) throw noProfile(config, name, found.at(-1));
    if (!isZspProfile(section)) throw notZsp(config, section, found.at(-1));
    found.push(section);
  }
  const names = chain.map((link) => link.name);
  const last = found.at(-1);
  if (last && names.indexOf(last.name) !== names.lastIndexOf(last.name)) {
    const cycle = names.slice(names.indexOf(last.name)).map(printable).join(' → ');
    const remedy = 'let one of them name its zsp_sso_session instead';
    throw misplacedKey(config, found.at(-2) ?? last, 'zsp_source_profile', `goes round in a circle: ${cycle}`, remedy);
  }
  if (last?.values.has('zsp_source_profile') && chain.length === longestChain) {
    const problem = `more than ${longestChain} profiles in a chain`;
    throw misplacedKey(config, last, 'zsp_source_profile', problem, 'assume the role from an earlier profile');
  }
  return found;
}

function noProfile(config: ConfigFile, name: string, from: Section | undefined): ZspError {
  const likely = nearest(name, sectionNames(config.text, 'profile'));
  const remedy = likely.length > 0 ? `did you mean ${likely.join(', ')}?` : 'zsp list shows the profiles there are';
  if (from) return misplacedKey(config, from, 'zsp_source_profile', `there is no profile ${quoted(name)}`, remedy);
  return configError({ file: config.path }, `there is no profile ${quoted(name)}`, remedy);
}

function notZsp(config: ConfigFile, section: Section, from: Section | undefined): ZspError {
  const problem = `profile ${quoted(section.name)} is not a zsp profile: it has no zsp_ key`;
  const remedy = 'give it zsp_sso_session, zsp_sso_account_id and zsp_sso_role_name, or run zsp configure';
  if (from) return misplacedKey(config, from, 'zsp_source_profile', problem, remedy);
  return configError({ file: config.path, line: section.line }, problem, remedy);
}

function checkedProfile(config: ConfigFile, section: Section): Checked {
  const keys = checkedKeys(config, section, profileKeys);
  refuseBypass(config, section);
  const refuse = (key: string, problem: string, remedy: string) => {
    throw misplacedKey(config, section, key, problem, remedy);
  };
  const ssoKeys = (['zsp_sso_session', 'zsp_sso_account_id', 'zsp_sso_role_name'] as const).filter((key) => keys[key]);
  const [ssoKey] = ssoKeys;
  if (keys.zsp_source_profile === undefined && ssoKeys.length < 3) {
    const remedy = 'name all three, or a zsp_source_profile';
    refuse(ssoKey ?? 'zsp_sso_session', 'zsp_sso_session, _account_id and _role_name go together', remedy);
  }
  if (keys.zsp_source_profile !== undefined && ssoKey !== undefined) {
    refuse(ssoKey, 'cannot stand beside zsp_source_profile', 'keep the one the credentials shall come from');
  }
  if (keys.zsp_source_profile !== undefined && keys.zsp_role_arn === undefined) {
    refuse('zsp_source_profile', 'needs zsp_role_arn', "name the role to assume with the source's credentials");
  }
  const scoping = scopingKeys.find((key) => keys[key] !== undefined);
  if (scoping !== undefined && keys.zsp_role_arn === undefined) {
    const problem = "needs zsp_role_arn: a permission set's credentials cannot be scoped or shortened";
    refuse(scoping, problem, `set zsp_role_arn to the role to assume, or remove ${scoping}`);
  }
  const tagless = keys.zsp_transitive_tags?.find((key) => !Object.hasOwn(keys.zsp_session_tags ?? {}, key));
  if (tagless !== undefined) {
    refuse(
      'zsp_transitive_tags',
      `${quoted(tagless)} is not among zsp_session_tags`,
      'set that tag, or remove it here',
    );
  }
  return { section, keys };
}

/** The value stays out of the message: it may be a secret access key. */
function refuseBypass(config: ConfigFile, section: Section): void {
  const key = bypassingKeys.find((name) => section.values.has(name));
  if (key === undefined) return;
  throw misplacedKey(config, section, key, 'SDKs would use it instead of zsp', `remove ${key} from this profile`);
}

/** @param chain the profile, then its sources */
function build(config: ConfigFile, chain: readonly Checked[]): Profile {
  const [own, ...sources] = chain;
  const root = chain.at(-1);
  if (!own || !root) throw new Error('a chain without a profile');
  const session = rootSession(config, root);
  const ssoSession = checkedSsoSession(config, session, inherited(chain, 'use_fips_endpoint'));
  const { keys } = own;

  const source = sources.length > 0 ? build(config, sources) : undefined;
  const region = inherited(chain, 'region') ?? ssoSession.region;
  checkPartitions(config, chain, ssoSession);
  const role = roleRequest(config, own);
  const elevationRequiredBy = keys.zsp_elevation ? own.section.name : source?.elevationRequiredBy;
  const browser = keys.zsp_browser ?? ssoSession.browser;
  return {
    name: own.section.name,
    configFile: config.path,
    ssoSession,
    source: source ? { kind: 'profile', profile: source } : permissionSet(root.keys),
    ...(role && { role }),
    region,
    ...(elevationRequiredBy !== undefined && { elevationRequiredBy }),
    reasonRequired: keys.zsp_reason !== undefined || source?.reasonRequired === true,
    ...(browser !== undefined && { browser }),
    settings: settingsText(
      chain.map((link) => link.section),
      session,
      config.env,
    ),
  };
}

function inherited<Key extends keyof ProfileKeys>(chain: readonly Checked[], key: Key): ProfileKeys[Key] {
  return chain.find((link) => link.keys[key] !== undefined)?.keys[key];
}

function permissionSet(keys: ProfileKeys): Profile['source'] {
  return {
    kind: 'permission-set',
    accountId: keys.zsp_sso_account_id ?? '',
    roleName: keys.zsp_sso_role_name ?? '',
  };
}

function rootSession(config: ConfigFile, root: Checked): Section {
  const name = root.keys.zsp_sso_session ?? '';
  const session = findSection(config.text, 'sso-session', name);
  if (session) return session;
  const problem = `there is no [sso-session ${quoted(name)}]`;
  throw misplacedKey(config, root.section, 'zsp_sso_session', problem, otherSession(config, name));
}

/** Credentials of one partition mean nothing in another. */
function checkPartitions(config: ConfigFile, chain: readonly Checked[], session: SsoSession): void {
  const partition = partitionOf(session.region);
  for (const { section, keys } of chain) {
    const arns = [keys.zsp_role_arn ?? [], keys.zsp_policy_arns ?? []].flat();
    const foreign = arns.find((arn) => arn.split(':')[1] !== partition);
    if (foreign !== undefined) {
      const key = foreign === keys.zsp_role_arn ? 'zsp_role_arn' : 'zsp_policy_arns';
      throw refusedKey(config, section, key, `an ARN of partition ${partition}, where the sign-in is`);
    }
    if (keys.region !== undefined && partitionOf(keys.region) !== partition) {
      throw refusedKey(config, section, 'region', `a region of partition ${partition}, where the sign-in is`);
    }
  }
}

function roleRequest(config: ConfigFile, own: Checked): RoleRequest | undefined {
  const { keys } = own;
  if (keys.zsp_role_arn === undefined) return undefined;
  const policy =
    keys.zsp_session_policy === undefined ? undefined : sessionPolicy(config, own, keys.zsp_session_policy);
  return {
    roleArn: keys.zsp_role_arn,
    durationSeconds: keys.zsp_duration ?? defaultDurationSeconds,
    ...(policy && { policy }),
    policyArns: keys.zsp_policy_arns ?? [],
    ...(keys.zsp_role_session_name && { roleSessionName: keys.zsp_role_session_name }),
    ...(keys.zsp_external_id && { externalId: keys.zsp_external_id }),
    ...(keys.zsp_source_identity && { sourceIdentity: keys.zsp_source_identity }),
    tags: keys.zsp_session_tags ?? {},
    transitiveTags: keys.zsp_transitive_tags ?? [],
  };
}

function sessionPolicy({ path, env }: ConfigFile, { section }: Checked, value: string): { name: string; text: string } {
  const key = 'zsp_session_policy';
  const place = { file: path, line: section.values.get(key)?.line, key };
  const file = policyFile(value, env);
  if (file === undefined && !value.startsWith('{')) {
    const expected = "expected a policy's name, an absolute path, or inline JSON in one line";
    throw configError(place, `${expected}, got ${quoted(value)}`, `correct ${key}`);
  }
  const name = file === undefined ? 'inline' : printable(value);
  try {
    return { name, text: checkSessionPolicy(readPolicyText(value, env), name) };
  } catch (cause) {
    if (cause instanceof ZspError) throw configError(place, cause.message, cause.remedy ?? `correct ${name}`, cause);
    const problem = `cannot read the policy ${quoted(file ?? name)} (${reasonOf(cause)})`;
    throw configError(place, problem, `write the policy to ${file}, or correct the name`, cause);
  }
}
