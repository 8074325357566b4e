import { Command } from 'commander';
import { logOut } from '../broker/sign-out';
import type { World } from '../broker/world';
import { ZspError } from '../errors';
import type { SsoSession } from '../profile/profile';
import type { Conversation } from '../terminal/conversation';
import { printable } from '../terminal/sanitize';
import { livesOn } from './living';

export interface LogoutParts {
  readonly talk: Conversation;
  readonly world: World;
  now(): number;
  ssoSession(name: string | undefined): SsoSession;
  ssoSessions(): readonly SsoSession[];
}

export function logoutCommand(parts: LogoutParts): Command {
  return new Command('logout')
    .summary('end the sign-in, forget all that came of it')
    .description('Ends the sign-in at AWS, and forgets its tokens and every credential that came from it.')
    .argument('[sso-session]', 'the [sso-session] of ~/.aws/config; the only one is the default')
    .option('--all', 'end every sign-in')
    .addHelpText('after', '\nExample:\n  zsp logout corp')
    .action((name: string | undefined, options: { all?: boolean }) => logout(parts, name, options.all === true));
}

async function logout(parts: LogoutParts, name: string | undefined, all: boolean): Promise<void> {
  if (all && name) {
    throw new ZspError('usage', 'name a session or say --all, not both', { remedy: 'run: zsp logout --help' });
  }
  if (!all) return logoutOf(parts, parts.ssoSession(name));
  let ended = 0;
  const failures: unknown[] = [];
  for (const at of parts.ssoSessions()) {
    try {
      const items = await parts.world.items(at);
      if (!(await items.signIn(at))) continue;
      await logoutOf(parts, at);
      ended += 1;
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
  if (ended === 0) parts.talk.answer('Not signed in anywhere.\n');
}

async function logoutOf({ talk, world, now }: LogoutParts, at: SsoSession): Promise<void> {
  const { living, told } = await logOut(world, at);
  talk.answer(`Signed out of ${printable(at.name)}.\n`);
  if (!told) talk.say('AWS could not be reached: the sign-in itself lives on there until it ends by itself.');
  livesOn(talk, living, now());
}
