import { Command, Option } from 'commander';
import type { DiscoveryWorld } from '../broker/discovery';
import { type Elevation, openWindow } from '../broker/elevation';
import { sessionSeconds } from '../broker/mint';
import { type Format, formats, printCredentials } from '../child/print';
import { parseDuration } from '../duration';
import { ZspError } from '../errors';
import type { Notes } from '../notes/notes';
import type { Env } from '../places';
import type { RoleRequest } from '../profile/profile';
import { hasRoleFlags, type RoleFlags, roleFromFlags } from '../profile/role-flags';
import type { Conversation } from '../terminal/conversation';
import { printable } from '../terminal/sanitize';
import { type AssumeTarget, assumeTarget } from './assume-target';
import { announce } from './elevation-words';
import { collected, profileName, regionName, shellWord } from './options';
import { type Candidate, type ChoiceParts, chosen } from './profile-choice';
import { runInWindow, type WindowParts } from './window';

export interface AssumeParts extends WindowParts, ChoiceParts {
  readonly world: DiscoveryWorld;
  readonly talk: Conversation;
  readonly env: Env;
  /** What follows `--`: a command to run, or undefined. */
  readonly command: readonly string[] | undefined;
  now(): number;
  readonly notes: Pick<Notes, 'windowOpened'>;
}

interface Options extends RoleFlags {
  readonly profile?: string;
  readonly duration: string;
  readonly reason?: string;
  readonly region?: string;
  readonly everywhere?: boolean;
  readonly format?: Format;
}

export function assumeCommand(parts: AssumeParts): Command {
  return new Command('assume')
    .summary('elevate: more power, for a stated time')
    .description(
      'Opens an elevation window. On a profile: until the window ends, every shell is served. With a role: for one command, ' +
        'or in a marked subshell. It ends by itself; zsp drop ends it sooner.',
    )
    .argument(
      '[target...]',
      "a profile, by name or parts of it; or a role's ARN, or its name in the base profile's account (role:NAME forces it)",
    )
    .option('-d, --duration <time>', 'how long, from 1m to 12h', '1h')
    .option('-r, --reason <text>', 'why, for the ledger')
    .option(
      '-p, --profile <base>',
      'the profile a role is assumed from; AWS_PROFILE, then default, where none is named',
    )
    .option('--policy <policy>', "session policy: a policy's name, a file, or JSON")
    .option('--policy-arn <arn>', 'managed session policy; may be repeated', collected)
    .option('--tag <key=value>', 'session tag; may be repeated', collected)
    .option('--source-identity <name>', 'source identity')
    .option('--external-id <id>', 'external ID')
    .option('--region <region>', 'region of the command or the subshell', regionName)
    .option('--everywhere', 'elevate the base profile itself, in every shell')
    .addOption(new Option('--format <format>', 'print credentials instead').choices(formats))
    .addHelpText(
      'after',
      '\nExamples:\n  zsp assume deploy --duration 1h --reason "release 4.2"\n  zsp assume role:audit -p dev -- aws s3 ls',
    )
    .action((words: readonly string[], options: Options) => assume(parts, words, options));
}

async function assume(parts: AssumeParts, words: readonly string[], options: Options): Promise<void> {
  const { talk, world, env, command } = parts;
  const seconds = parseDuration(options.duration, '--duration');
  const wanted = await wantedOf(parts, words, profileName(options.profile, env));
  if (wanted.remark) talk.say(wanted.remark);
  const way = wayOf(parts, wanted, options);

  const role = roleOf(wanted, options, env);
  const elevation: Elevation = {
    seconds: way === 'print' ? printedSeconds(role ?? wanted.profile.role, seconds) : seconds,
    adHoc: way !== 'window',
    ...(options.reason !== undefined && { reason: options.reason }),
    ...(role && { elevated: { role, onTop: wanted.kind === 'role' } }),
  };
  const opened = await openWindow(world, wanted.profile, elevation);
  const { name, ssoSession } = wanted.profile;
  const { id, endsAt } = opened.window;
  const everywhere = way === 'window';
  if (way !== 'print')
    await parts.notes.windowOpened({ id, profile: name, endsAt, everywhere, ssoSession: ssoSession.name });
  announce(parts, wanted, opened, { seconds, way });
  if (way === 'print') talk.answer(printCredentials(opened.session, options.format ?? 'json'));
  else if (way !== 'window') await runInWindow(parts, wanted, opened, { command, region: options.region });
}

/** What is printed cannot renew itself: its window is no longer than one session. */
function printedSeconds(role: RoleRequest | undefined, seconds: number): number {
  return role ? Math.min(seconds, sessionSeconds(role)) : seconds;
}

/** Part of a profile's name is enough, except where the word could be a role's: what is elevated is never guessed. */
async function wantedOf(parts: AssumeParts, words: readonly string[], base: string): Promise<AssumeTarget> {
  const profiles = parts.profiles();
  const [word = ''] = words;
  const mayBeRole = words.length === 1 && (/^(?:arn|role):/.test(word) || profiles.includes(base));
  const exact = words.length === 1 && profiles.includes(word);
  return assumeTarget(exact || mayBeRole ? word : profileOf(await chosen(parts, words)), base, parts);
}

/** A window is a profile's: every client in it asks for one by name. */
function profileOf(candidate: Candidate): string {
  if (candidate.kind === 'profile') return candidate.name;
  const { ssoSession, accountId, accountName, roleName } = candidate.role;
  const name = printable(`${accountName}/${roleName}`, 60);
  const flags = `--session ${shellWord(ssoSession)} --accounts ${accountId} --roles ${shellWord(roleName)}`;
  throw new ZspError('usage', `${name} has no profile, and only a profile can be elevated`, {
    remedy: `run: zsp configure profiles ${flags}; zsp exec and zsp console need none`,
  });
}

/** How the elevation is used: a profile's window, one command, a subshell, or printed credentials. */
export type Way = 'window' | 'command' | 'subshell' | 'print';

function wayOf({ talk, command }: AssumeParts, wanted: AssumeTarget, options: Options): Way {
  const named = [options.everywhere && '--everywhere', options.format && '--format', command && '-- command'];
  const said = named.filter(Boolean);
  if (said.length > 1) throw usage(`${said.join(' and ')} exclude each other`);
  if (command?.length === 0) throw usage('there is no command after --');
  if (command) return 'command';
  const way = options.format ? 'print' : wanted.kind === 'profile' || options.everywhere ? 'window' : undefined;
  if (way && options.region) throw usage('--region is for a command or a subshell');
  if (way) return way;
  if (talk.interactive) return 'subshell';
  throw usage('without a terminal, say what to do with the role: -- command, --format or --everywhere');
}

function usage(message: string): ZspError {
  return new ZspError('usage', message, { remedy: 'run: zsp assume --help' });
}

function roleOf(wanted: AssumeTarget, options: Options, env: Env) {
  if (wanted.kind === 'role') {
    const base = { roleArn: wanted.roleArn, durationSeconds: 3600, policyArns: [], tags: {}, transitiveTags: [] };
    return roleFromFlags(base, options, wanted.profile, env);
  }
  if (!hasRoleFlags(options)) return undefined;
  const { role, name } = wanted.profile;
  if (!role)
    throw usage(`profile ${name} is a bare permission set, which cannot be scoped: name a role to assume from it`);
  return roleFromFlags(role, options, wanted.profile, env);
}
