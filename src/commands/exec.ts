import { Command } from 'commander';
import { issue } from '../broker/issue';
import { shellWindow } from '../broker/shell-window';
import { clientFiles } from '../child/client-files';
import { startCredentialServer } from '../child/credential-server';
import { credentialVariables } from '../child/environment';
import { ZspError } from '../errors';
import type { Env } from '../places';
import { clientConfig } from '../profile/client-config';
import type { Profile } from '../profile/profile';
import type { Conversation } from '../terminal/conversation';
import { type ChildProgramParts, runCommand, runShell, type Variables } from './child-program';
import { regionName } from './options';
import { type ChoiceParts, profileMeant } from './profile-choice';

export interface ExecParts extends ChoiceParts, ChildProgramParts {
  readonly talk: Conversation;
  readonly env: Env;
  /** What follows `--`: a command to run, or undefined. */
  readonly command: readonly string[] | undefined;
  /** The status this process ends with. */
  exitWith(status: number): void;
}

interface Options {
  readonly profile?: string;
  readonly region?: string;
  readonly server?: boolean;
}

export function execCommand(parts: ExecParts): Command {
  return new Command('exec')
    .summary("run a command with a profile's credentials")
    .description(
      "Runs a command with a profile's credentials in its environment, and nothing that could override them. " +
        "zsp ends with the command's own status. Without a command: a subshell.",
    )
    .argument('[profile...]', 'its name, or parts of it; AWS_PROFILE, then default, where none is named')
    .option('-p, --profile <profile>', 'the same')
    .option('--region <region>', "region of the command; the profile's where none is named", regionName)
    .option('--server', 'serve credentials that renew themselves, on 127.0.0.1: for commands that outlive a session')
    .addHelpText(
      'after',
      '\nExamples:\n  zsp exec deploy -- terraform plan\n  zsp exec deploy --server -- ./nightly.sh',
    )
    .action((words: readonly string[], options: Options) => exec(parts, words, options));
}

async function exec(parts: ExecParts, words: readonly string[], options: Options): Promise<void> {
  const { talk, command } = parts;
  if (command?.length === 0 || (!command && !talk.interactive)) {
    throw new ZspError('usage', 'there is no command after --', { remedy: 'run: zsp exec --help' });
  }
  const profile = await profileMeant(parts, words, options.profile);
  const region = options.region ?? profile.region;
  const source = await (options.server ? served(parts, profile, region) : handed(parts, profile));
  try {
    const variables = { ...source.variables, AWS_REGION: region, AWS_DEFAULT_REGION: region };
    const ends = command ? runCommand(parts, command, variables) : runShell(parts, profile.name, variables);
    parts.exitWith(await ends);
  } finally {
    source.dispose();
  }
}

/** How the command comes by its credentials. */
interface Source {
  readonly variables: Variables;
  dispose(): void;
}

async function handed({ world, env }: ExecParts, profile: Profile): Promise<Source> {
  const { session } = await issue(world, profile, { windowId: shellWindow(env, profile.name) });
  return { variables: credentialVariables(session), dispose: () => {} };
}

/** An endpoint that renews through the broker; the first credentials are issued before the command starts, or it does not. */
async function served({ world, env, talk }: ExecParts, profile: Profile, region: string): Promise<Source> {
  const windowId = shellWindow(env, profile.name);
  const session = async () => (await issue(world, profile, { windowId, ahead: true })).session;
  await session();
  // Clients swallow what the endpoint answers; whoever watches the job should read what to do.
  const server = await startCredentialServer(session, ({ message, remedy }) => talk.complain(message, remedy));
  const files = clientFiles(clientConfig(profile.name, region, env));
  return {
    variables: {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: server.uri,
      AWS_CONTAINER_AUTHORIZATION_TOKEN: server.token,
      ...files.variables,
    },
    dispose() {
      server.close();
      files.dispose();
    },
  };
}
