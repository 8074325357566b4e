import { ZspError } from '../errors';
import { printable } from './config-error';
import type { Change } from './edit';
import type { Reachable } from './name-template';
import { isProcessLineOf } from './process-line';
import { allSections, type Section } from './sections';

/** Profiles that zsp writes for permission sets, by themselves: what is to be there, and what may go. */

export interface Wanted {
  readonly ssoSession: string;
  readonly region: string;
  /** What is to be a profile, and by which name. */
  readonly profiles: readonly (Reachable & { readonly name: string })[];
  /** Everything there is, so that --prune knows what is gone; without it nothing is removed. */
  readonly all?: readonly Reachable[] | undefined;
  /** Makes the `credential_process` of a profile. */
  readonly processLine: (profile: string) => string;
}

const madeKeys = ['credential_process', 'region', 'zsp_sso_session', 'zsp_sso_account_id', 'zsp_sso_role_name'];

/**
 * The changes that make a config file hold the wanted profiles. One that is there already keeps its region and its other keys.
 * @throws ZspError `usage` where two would have one name, or a name is taken
 */
export function madeProfileChanges(text: string, wanted: Wanted): readonly Change[] {
  const sections = allSections(text, 'profile');
  const existing = new Map(sections.map((section) => [section.name, section]));
  refuseCollisions(wanted, existing);
  const made = wanted.profiles.map((one): Change => {
    const before = existing.get(one.name);
    const region = before?.values.has('region') ? {} : { region: wanted.region };
    const set = { credential_process: wanted.processLine(one.name), ...region, ...permissionSetKeys(wanted, one) };
    return { kind: 'profile', name: one.name, set };
  });
  return [...made, ...gone(sections, wanted).map((name): Change => ({ kind: 'profile', name, remove: true }))];
}

function permissionSetKeys({ ssoSession }: Wanted, { accountId, roleName }: Reachable) {
  return { zsp_sso_session: ssoSession, zsp_sso_account_id: accountId, zsp_sso_role_name: roleName };
}

function refuseCollisions(wanted: Wanted, existing: ReadonlyMap<string, Section>): void {
  const byName = new Map<string, Reachable[]>();
  for (const one of wanted.profiles) byName.set(one.name, [...(byName.get(one.name) ?? []), one]);
  const clashes = [...byName].flatMap(([name, all]) => {
    const taken = existing.get(name);
    const free = taken === undefined || all.some((one) => isFor(taken, wanted, one));
    const others = free ? [] : ['a profile that is there already'];
    return all.length > 1 || others.length > 0 ? [`${name} (${[...others, ...all.map(spoken)].join(', ')})`] : [];
  });
  if (clashes.length === 0) return;
  const shown = clashes.slice(0, 20).map(printable).join('; ');
  const more = clashes.length > 20 ? `; and ${clashes.length - 20} more` : '';
  throw new ZspError('usage', `these names are not each for one role: ${shown}${more}`, {
    remedy: 'take another --name-template, with {account_id} in it perhaps, or fewer with --accounts and --roles',
  });
}

function spoken({ accountName, accountId, roleName }: Reachable): string {
  return `${accountName} ${accountId} ${roleName}`;
}

function isFor(section: Section, wanted: Wanted, reach: Reachable): boolean {
  const keys = Object.entries(permissionSetKeys(wanted, reach));
  return keys.every(([key, value]) => section.values.get(key)?.text === value) && !section.values.has('zsp_role_arn');
}

/** Profiles zsp made, as they still are, for permission sets there are no more. */
function gone(sections: readonly Section[], { ssoSession, all }: Wanted): readonly string[] {
  if (all === undefined) return [];
  const there = new Set(all.map(({ accountId, roleName }) => `${accountId} ${roleName}`));
  return sections
    .filter((section) => isMade(section) && section.values.get('zsp_sso_session')?.text === ssoSession)
    .filter(({ values }) => {
      return !there.has(`${values.get('zsp_sso_account_id')?.text} ${values.get('zsp_sso_role_name')?.text}`);
    })
    .map((section) => section.name);
}

/** Made by zsp and touched by nobody since: its own `credential_process`, and no key but those it writes. */
function isMade({ name, values, strays }: Section): boolean {
  const own = isProcessLineOf(values.get('credential_process')?.text ?? '', name);
  return own && strays.length === 0 && [...values.keys()].every((key) => madeKeys.includes(key));
}
