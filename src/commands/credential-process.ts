import { Command, Option } from 'commander';
import { processAnswer } from '../broker/answer';
import { issue } from '../broker/issue';
import type { First } from '../broker/mint';
import { shellWindow } from '../broker/shell-window';
import { waitForLogin } from '../broker/sign-in';
import type { World } from '../broker/world';
import { type ErrorCode, ZspError } from '../errors';
import type { Notes } from '../notes/notes';
import type { Env } from '../places';
import { decodeProfileHex } from '../profile/process-line';
import type { Profile } from '../profile/profile';
import type { Conversation } from '../terminal/conversation';
import { profileName } from './options';

export interface CredentialProcessParts {
  readonly talk: Conversation;
  readonly world: World;
  readonly env: Env;
  now(): number;
  /** When the caller's patience ends, epoch milliseconds. */
  readonly deadline: number;
  profile(name: string): Profile;
  readonly notes: Pick<Notes, 'failed'>;
  /** What is said of an error, a bug among them; free of secrets. */
  wordsOf(error: unknown): { readonly code: ErrorCode; readonly message: string; readonly remedy: string | undefined };
}

interface Options {
  readonly profile?: string;
  readonly profileHex?: string;
  readonly ahead?: boolean;
}

export function credentialProcessCommand(parts: CredentialProcessParts): Command {
  return new Command('credential-process')
    .summary('what ~/.aws/config runs to get credentials')
    .description('Prints credentials for AWS clients. It is run by them, through credential_process in ~/.aws/config.')
    .option('--profile <profile>', 'the profile to serve')
    .option('--profile-hex <hex>', 'the same, its UTF-8 bytes in hexadecimal: for names a shell would read otherwise')
    .addOption(new Option('--ahead', 'renew a session before it is needed, and print nothing').hideHelp())
    .addHelpText('after', '\nExample:\n  zsp credential-process --profile dev')
    .action((options: Options) => credentialProcess(parts, options));
}

async function credentialProcess(parts: CredentialProcessParts, options: Options): Promise<void> {
  const hex = options.profileHex;
  const name = hex === undefined ? profileName(options.profile, parts.env) : decodeProfileHex(hex);
  try {
    await serve(parts, name, options);
  } catch (error) {
    const { code, message, remedy } = parts.wordsOf(error);
    const time = new Date(parts.now()).toISOString();
    await parts.notes.failed({ time, profile: name, code, message, ...(remedy && { remedy }) });
    throw error;
  }
}

async function serve(parts: CredentialProcessParts, name: string, options: Options): Promise<void> {
  const { env, talk } = parts;
  const profile = parts.profile(name);
  const issueOptions = { windowId: shellWindow(env, name), ahead: options.ahead === true };
  const { session } = await issueOrWait(parts, profile, issueOptions);
  if (options.ahead) return;
  const opened = {
    ...session,
    secretAccessKey: session.secretAccessKey.open(),
    sessionToken: session.sessionToken.open(),
  };
  talk.answer(processAnswer(opened));
}

/** Somebody may be signing in just now: their result is worth waiting for. */
async function issueOrWait(
  { world, deadline, now }: CredentialProcessParts,
  profile: Profile,
  options: Parameters<typeof issue>[2],
): Promise<First> {
  try {
    return await issue(world, profile, options);
  } catch (error) {
    if (!(error instanceof ZspError && error.code === 'sign_in_required')) throw error;
    const waited = await waitForLogin(world, profile.ssoSession, deadline - now() - 3_000);
    if (!waited) throw error;
    return issue(world, profile, options);
  }
}
