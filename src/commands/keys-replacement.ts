import { ZspError } from '../errors';
import { accountOf } from '../keys/access-key-id';
import type { StaticProfile } from '../keys/static-profiles';
import type { Profile } from '../profile/profile';
import { accountOf as profileAccount } from '../profile/role-arn';
import type { Prompt } from '../terminal/prompt';
import { printable } from '../terminal/sanitize';

interface Parts {
  readonly prompt: Prompt;
  readonly talk: { say(line: string): void };
  profiles(): readonly string[];
  profile(name: string): Profile;
}

/**
 * The zsp profile that takes a key's place: the one named, the profile itself where zsp could serve it already, the only one
 * in the key's account, or the one the user picks.
 * @throws ZspError `usage`, `config_invalid`
 */
export async function chooseReplacement(
  parts: Parts,
  found: StaticProfile,
  named: string | undefined,
): Promise<string> {
  if (named !== undefined) return parts.profile(named).name;
  const names = parts.profiles();
  if (names.includes(found.name)) return found.name;
  const account = accountOf(found.accessKeyId);
  const fitting = names.filter((name) => fits(parts, name, account));
  const [only] = fitting;
  if (only !== undefined && fitting.length === 1) return only;
  const list = fitting.slice(0, 20).map((name) => printable(name, 60));
  if (list.length === 0 || !parts.prompt.interactive) throw undecided(found, account, list);
  parts.talk.say(`Which profile shall replace the key of ${printable(found.name, 60)}? There are: ${list.join(', ')}`);
  return parts.profile((await parts.prompt.line('Profile:')).trim()).name;
}

function fits(parts: Parts, name: string, account: string | undefined): boolean {
  try {
    return account === undefined || profileAccount(parts.profile(name)) === account;
  } catch (error) {
    // zsp doctor tells what is wrong with it.
    if (error instanceof ZspError) return false;
    throw error;
  }
}

function undecided({ name }: StaticProfile, account: string | undefined, list: readonly string[]): ZspError {
  const where = account === undefined ? '' : ` in account ${account}`;
  const profile = printable(name, 60);
  if (list.length === 0) {
    return new ZspError('usage', `no profile of zsp${where} can replace the key of ${profile}`, {
      remedy: 'make one with zsp configure, or name one with --to',
    });
  }
  return new ZspError('usage', `several profiles can replace the key of ${profile}: ${list.join(', ')}`, {
    remedy: `name one: zsp keys migrate ${profile} --to ${list[0]}`,
  });
}
