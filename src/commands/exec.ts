import { Command } from 'commander';
import { issue } from '../broker/issue';
import { shellWindow } from '../broker/shell-window';
import type { World } from '../broker/world';
import { childEnvironment, credentialVariables } from '../child/environment';
import type { Command as Program } from '../child/run';
import { subshell } from '../child/subshell';
import { ZspError } from '../errors';
import type { Env } from '../places';
import type { Profile } from '../profile/profile';
import type { Conversation } from '../terminal/conversation';
import { profileName } from './profile-option';

export interface ExecParts {
  readonly talk: Conversation;
  readonly world: World;
  readonly env: Env;
  /** What follows `--`: a command to run, or undefined. */
  readonly command: readonly string[] | undefined;
  profile(name: string): Profile;
  /** Runs a program to its end. @returns its exit status */
  run(program: Program): Promise<number>;
  /** The status this process ends with. */
  exitWith(status: number): void;
}

export function execCommand(parts: ExecParts): Command {
  return new Command('exec')
    .summary("run a command with a profile's credentials in its environment")
    .description(
      "Runs a command with a profile's credentials in its environment, and nothing that could override them. " +
        "zsp ends with the command's own status. Without a command: a subshell.",
    )
    .argument('[profile]', 'AWS_PROFILE, then default, where none is named')
    .option('-p, --profile <profile>', 'the same')
    .option('--region <region>', "region of the command; the profile's where none is named")
    .addHelpText('after', '\nExample:\n  zsp exec deploy -- terraform plan')
    .action((name: string | undefined, options: { profile?: string; region?: string }) => exec(parts, name, options));
}

async function exec(parts: ExecParts, name: string | undefined, options: { profile?: string; region?: string }) {
  const { talk, world, env, command } = parts;
  if (command?.length === 0 || (!command && !talk.interactive)) {
    throw new ZspError('usage', 'there is no command after --', { remedy: 'run: zsp exec --help' });
  }
  const profile = parts.profile(profileName(name ?? options.profile, env));
  const windowId = shellWindow(env, profile.name);
  const { session } = await issue(world, profile, windowId ? { windowId } : {});
  const region = options.region ?? profile.region;
  const variables = { ...credentialVariables(session), AWS_REGION: region, AWS_DEFAULT_REGION: region };
  const report = (line: string) => talk.say(`zsp: ${line}`);
  const [program, ...args] = command ?? [];
  if (program !== undefined) {
    const all = childEnvironment(env, variables);
    parts.exitWith(await parts.run({ command: program, args, env: all, terminal: talk.interactive, report }));
    return;
  }
  const shell = subshell(profile.name, env);
  try {
    const all = childEnvironment(env, { ...shell.variables, ...variables });
    parts.exitWith(await parts.run({ command: shell.command, args: shell.args, env: all, terminal: true, report }));
  } finally {
    shell.dispose();
  }
}
