import { ZspError } from '../errors';
import type { LedgerEntry } from '../ledger/event';
import type { Env } from '../places';
import type { Profile } from '../profile/profile';
import { accountOf, lastPart, permissionSetOf } from '../profile/role-arn';
import type { Conversation } from '../terminal/conversation';
import { hasAll } from '../terminal/fuzzy';
import type { Choice, Picking } from '../terminal/picker';
import { printable } from '../terminal/sanitize';
import { knownAccounts } from './discovery-cache';
import { refuseTwice } from './options';
import { lookForRoles, type Role, type RolesParts, rememberedRoles, rolesInTime } from './roles';

export interface ChoiceParts extends RolesParts {
  readonly talk: Conversation;
  readonly env: Env;
  profile(name: string): Profile;
  profiles(): readonly string[];
  /** A role that no profile stands for, as if one did. */
  permissionSet(ssoSession: string, accountId: string, roleName: string): Profile;
  readLedger(): AsyncIterable<LedgerEntry>;
  /** Lets the user choose on the terminal. */
  pick<C extends Choice>(picking: Picking<C>): Promise<C>;
}

/** A profile by its name, or a role that no profile stands for. */
export type Candidate =
  | { readonly kind: 'profile'; readonly name: string; readonly role?: Role }
  | { readonly kind: 'role'; readonly role: Role };

/**
 * What a user means. An exact profile name always wins; parts of a name are enough where one profile alone has them all, or
 * no profile and one role; several, or none named, open the picker. Roles are for people at a terminal: what a script gets
 * does not depend on what is reachable today.
 * @throws ZspError `usage` naming the candidates
 */
export async function chosen(parts: ChoiceParts, words: readonly string[]): Promise<Candidate> {
  const { talk } = parts;
  const all = parts.profiles();
  const [word] = words;
  if (word !== undefined && words.length === 1 && all.includes(word)) return { kind: 'profile', name: word };
  const named = all.filter((name) => hasAll(name, words)).map((name): Candidate => ({ kind: 'profile', name }));
  const found = named.length > 0 || !talk.interactive ? named : await byRole(parts, words);
  const [only] = found;
  if (only && found.length === 1 && words.length > 0) {
    talk.say(`${printable(nameOf(only))} it is: ${why(only)} "${printable(words.join(' '), 60)}" in its name`);
    return only;
  }
  // Nothing is like it: resolving it says where it was looked for, and what is near.
  if (found.length === 0 && words.length <= 1) return { kind: 'profile', name: word ?? 'default' };
  if (found.length > 0 && talk.interactive) return letPick(parts, found, words);
  throw new ZspError('usage', problem(found.length, words), {
    remedy: `name one: ${shortList(found.length > 0 ? found.map(nameOf) : all)}`,
  });
}

/** Where a profile is meant and none is named: AWS_PROFILE, then `default`, then whichever the user picks. */
export async function profileMeant(
  parts: ChoiceParts,
  words: readonly string[],
  named: string | undefined,
): Promise<Profile> {
  refuseTwice(named, words[0]);
  if (named) return parts.profile(named);
  const { AWS_PROFILE } = parts.env;
  if (words.length === 0 && AWS_PROFILE) return parts.profile(AWS_PROFILE);
  if (words.length === 0 && parts.profiles().includes('default')) return parts.profile('default');
  const candidate = await chosen(parts, words);
  if (candidate.kind === 'profile') return parts.profile(candidate.name);
  const { ssoSession, accountId, roleName } = candidate.role;
  return parts.permissionSet(ssoSession, accountId, roleName);
}

/** Whether a profile or a role is called so. AWS is asked only where nothing is known by the words before the last. */
export async function isCalled(parts: ChoiceParts, words: readonly string[]): Promise<boolean> {
  const all = parts.profiles();
  if (all.some((name) => hasAll(name, words))) return true;
  if (!parts.talk.interactive) return false;
  const known = all.some((name) => hasAll(name, words.slice(0, -1)));
  const roles = await (known ? rememberedRoles(parts) : rolesInTime(parts));
  return roles.some((role) => hasAll(textOf(role), words));
}

/** The roles with all the words in their names or their accounts', by the profiles that stand for them. */
async function byRole(parts: ChoiceParts, words: readonly string[]): Promise<readonly Candidate[]> {
  const fitting = (roles: readonly Role[]) => roles.filter((role) => hasAll(textOf(role), words));
  const remembered = fitting(await rememberedRoles(parts));
  const roles = remembered.length > 0 ? remembered : fitting(await rolesInTime(parts));
  return roles.flatMap((role): readonly Candidate[] =>
    role.profiles.length > 0
      ? role.profiles.map((name) => ({ kind: 'profile', name, role }))
      : [{ kind: 'role', role }],
  );
}

function textOf({ accountName, roleName, accountId }: Role): string {
  return `${accountName}/${roleName} ${accountId}`;
}

function nameOf(candidate: Candidate): string {
  return candidate.kind === 'profile' ? candidate.name : `${candidate.role.accountName}/${candidate.role.roleName}`;
}

/** What the ledger calls it. */
function recordedName(candidate: Candidate): string {
  return candidate.kind === 'profile' ? candidate.name : `${candidate.role.accountId}/${candidate.role.roleName}`;
}

function why({ kind, role }: Candidate): string {
  if (kind === 'role') return 'the only role with';
  return role ? 'the profile of the only role with' : 'the only profile with';
}

function problem(count: number, words: readonly string[]): string {
  if (words.length === 0) return 'no profile is named';
  const typed = `"${printable(words.join(' '), 60)}"`;
  return count === 0 ? `no profile has ${typed} in its name` : `${count} profiles have ${typed} in their names`;
}

function shortList(names: readonly string[]): string {
  const shown = names.slice(0, 8).map((name) => printable(name, 40));
  return [...shown, ...(names.length > shown.length ? [`and ${names.length - shown.length} more`] : [])].join(', ');
}

/** The candidates at once, and what else is called so, as far as it is known; the rest when AWS has told it. */
async function letPick(parts: ChoiceParts, found: readonly Candidate[], words: readonly string[]): Promise<Candidate> {
  const uses = await countUses(parts);
  const choicesWith = (roles: readonly Role[]) => {
    const names = new Set(found.map(recordedName));
    const more = roles
      .filter((role) => role.profiles.length === 0 && hasAll(textOf(role), words))
      .map((role): Candidate => ({ kind: 'role', role }))
      .filter((candidate) => !names.has(recordedName(candidate)));
    const used = (candidate: Candidate) => uses.get(recordedName(candidate)) ?? 0;
    return [...found, ...more].sort((a, b) => used(b) - used(a)).map((candidate) => choiceOf(parts, candidate));
  };
  const { remembered, now, end } = await lookForRoles(parts);
  try {
    const picked = await parts.pick({
      title: 'Which profile or role?',
      choices: choicesWith(remembered),
      query: words.join(' '),
      later: now?.then(choicesWith),
    });
    return picked.candidate;
  } finally {
    end();
  }
}

async function countUses({ readLedger }: ChoiceParts): Promise<ReadonlyMap<string, number>> {
  const uses = new Map<string, number>();
  for await (const { profile } of readLedger()) {
    if (profile !== undefined) uses.set(profile, (uses.get(profile) ?? 0) + 1);
  }
  return uses;
}

function choiceOf(parts: ChoiceParts, candidate: Candidate): Choice & { readonly candidate: Candidate } {
  const name = nameOf(candidate);
  if (candidate.kind === 'role') {
    const { accountId } = candidate.role;
    return { candidate, name, also: accountId, detail: () => `${accountId}, without a profile` };
  }
  const { role } = candidate;
  return { candidate, name, detail: () => detailOf(parts, name), ...(role && { also: textOf(role) }) };
}

function detailOf({ profile: resolve, env }: ChoiceParts, name: string): string {
  try {
    const profile = resolve(name);
    const { role, elevationRequiredBy } = profile;
    const account = accountOf(profile);
    const accountName = knownAccounts(env, [profile.ssoSession]).get(account) ?? account;
    const roleName = role ? lastPart(role.roleArn) : permissionSetOf(profile).roleName;
    return `${roleName} in ${accountName}${elevationRequiredBy === undefined ? '' : ', only while elevated'}`;
  } catch {
    return 'cannot be used: zsp doctor says why';
  }
}
