import { ZspError } from '../errors';
import type { LedgerEntry } from '../ledger/event';
import type { Env } from '../places';
import type { Profile } from '../profile/profile';
import { accountOf, lastPart } from '../profile/role-arn';
import type { Conversation } from '../terminal/conversation';
import { hasAll } from '../terminal/fuzzy';
import type { Choice } from '../terminal/picker';
import { printable } from '../terminal/sanitize';
import { knownAccounts } from './discovery-cache';

export interface ChoiceParts {
  readonly talk: Conversation;
  readonly env: Env;
  profile(name: string): Profile;
  profiles(): readonly string[];
  readLedger(): AsyncIterable<LedgerEntry>;
  /** Lets the user choose on the terminal. @returns the chosen name */
  pick(title: string, choices: readonly Choice[], query: string): Promise<string>;
}

/**
 * The profile a user means. An exact name always wins; parts of a name are enough where one profile alone has them all;
 * several, or none named, open the picker on a terminal and are a usage error elsewhere.
 * @throws ZspError `usage` naming the candidates
 */
export async function chosenProfile(parts: ChoiceParts, words: readonly string[]): Promise<string> {
  const all = parts.profiles();
  const [word] = words;
  if (word !== undefined && words.length === 1 && all.includes(word)) return word;
  const found = all.filter((name) => hasAll(name, words));
  const [only] = found;
  if (only !== undefined && found.length === 1 && words.length > 0) {
    parts.talk.say(`${printable(only)} it is: the only profile with "${printable(words.join(' '), 60)}" in its name`);
    return only;
  }
  // Nothing is like it: resolving it says where it was looked for, and what is near.
  if (found.length === 0 && words.length <= 1) return word ?? 'default';
  if (found.length > 0 && parts.talk.interactive) return letPick(parts, found, words);
  throw new ZspError('usage', problem(found, words), {
    remedy: `name one: ${shortList(found.length > 0 ? found : all)}`,
  });
}

/** Where a profile is meant and none is named: AWS_PROFILE, then `default`, then whichever the user picks. */
export async function profileMeant(
  parts: ChoiceParts,
  words: readonly string[],
  named: string | undefined,
): Promise<string> {
  if (named !== undefined && words.length > 0) {
    throw new ZspError('usage', 'the profile is named twice', { remedy: 'name it once, by itself or with --profile' });
  }
  if (named) return named;
  if (words.length > 0) return chosenProfile(parts, words);
  if (parts.env.AWS_PROFILE) return parts.env.AWS_PROFILE;
  return parts.profiles().includes('default') ? 'default' : chosenProfile(parts, []);
}

function problem(found: readonly string[], words: readonly string[]): string {
  if (words.length === 0) return 'no profile is named';
  const typed = `"${printable(words.join(' '), 60)}"`;
  return found.length === 0
    ? `no profile has ${typed} in its name`
    : `${found.length} profiles have ${typed} in their names`;
}

function shortList(names: readonly string[]): string {
  const shown = names.slice(0, 8).map((name) => printable(name, 40));
  return [...shown, ...(names.length > shown.length ? [`and ${names.length - shown.length} more`] : [])].join(', ');
}

async function letPick(parts: ChoiceParts, found: readonly string[], words: readonly string[]): Promise<string> {
  const uses = new Map<string, number>();
  for await (const { profile } of parts.readLedger()) {
    if (profile !== undefined) uses.set(profile, (uses.get(profile) ?? 0) + 1);
  }
  const byUse = [...found].sort((a, b) => (uses.get(b) ?? 0) - (uses.get(a) ?? 0));
  const choices = byUse.map((name) => ({ name, detail: () => detailOf(parts, name) }));
  return parts.pick('Which profile?', choices, words.join(' '));
}

function detailOf({ profile: resolve, env }: ChoiceParts, name: string): string {
  try {
    const profile = resolve(name);
    const { role, elevationRequiredBy } = profile;
    const account = accountOf(profile);
    const accountName = knownAccounts(env, [profile.ssoSession]).get(account) ?? account;
    const roleName = role ? lastPart(role.roleArn) : permissionSet(profile);
    return `${roleName} in ${accountName}${elevationRequiredBy === undefined ? '' : ', only while elevated'}`;
  } catch {
    return 'cannot be used: zsp doctor says why';
  }
}

function permissionSet({ source }: Profile): string {
  return source.kind === 'profile' ? permissionSet(source.profile) : source.roleName;
}
