import { Command } from 'commander';
import { dropWindow } from '../broker/elevation';
import { type Held, inventory } from '../broker/inventory';
import { credentialsName } from '../broker/item-names';
import { shellWindow } from '../broker/shell-window';
import type { World } from '../broker/world';
import { ZspError } from '../errors';
import type { Env } from '../places';
import type { Profile, SsoSession } from '../profile/profile';
import type { Conversation } from '../terminal/conversation';
import { called, livesOn } from './living';
import { profileName, refuseTwice } from './options';

export interface DropParts {
  readonly talk: Conversation;
  readonly world: World;
  readonly env: Env;
  now(): number;
  profile(name: string): Profile;
  ssoSessions(): readonly SsoSession[];
}

export function dropCommand(parts: DropParts): Command {
  return new Command('drop')
    .summary('end an elevation now')
    .description('Ends an elevation window now: nothing more is issued from it. Says what lives on at AWS.')
    .argument('[profile]', 'AWS_PROFILE, then default, where none is named')
    .option('-p, --profile <profile>', 'the same')
    .option('--all', 'end every window, those of other shells too')
    .addHelpText('after', '\nExample:\n  zsp drop deploy')
    .action((name: string | undefined, options: { profile?: string; all?: boolean }) => drop(parts, name, options));
}

async function drop(parts: DropParts, name: string | undefined, options: { profile?: string; all?: boolean }) {
  refuseTwice(options.profile, name);
  if (options.all && (name ?? options.profile)) {
    throw new ZspError('usage', 'name a profile or say --all, not both', { remedy: 'run: zsp drop --help' });
  }
  const { talk } = parts;
  const dropped = options.all
    ? await dropAll(parts)
    : await dropOne(parts, profileName(name ?? options.profile, parts.env));
  if (dropped.length === 0) talk.answer('No elevation is open.\n');
  for (const { item } of dropped) {
    talk.answer(`Dropped: ${called(item)}${item.elevated?.onTop ? '' : ' is no longer elevated'}.\n`);
  }
  livesOn(talk, dropped, parts.now());
}

async function dropOne({ world, env, profile: resolve }: DropParts, name: string): Promise<readonly Held[]> {
  const profile = resolve(name);
  const item = credentialsName(profile, shellWindow(env, name));
  return present(await dropWindow(world, profile.ssoSession, item));
}

/** Every window ends, whatever goes wrong with another. @throws what went wrong first */
async function dropAll({ world, ssoSessions }: DropParts): Promise<readonly Held[]> {
  const dropped: Held[] = [];
  const failures: unknown[] = [];
  const attempt = (work: () => Promise<void>) => work().catch((error) => void failures.push(error));
  for (const at of ssoSessions()) {
    await attempt(async () => {
      for (const { name } of (await inventory(world, at)).held) {
        await attempt(async () => void dropped.push(...present(await dropWindow(world, at, name))));
      }
    });
  }
  if (failures.length > 0) throw failures[0];
  return dropped;
}

function present(held: Held | undefined): readonly Held[] {
  return held ? [held] : [];
}
