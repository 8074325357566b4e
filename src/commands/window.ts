import type { Opened } from '../broker/elevation';
import { dropWindow } from '../broker/elevation';
import { shellWindowValue } from '../broker/shell-window';
import type { World } from '../broker/world';
import { childEnvironment } from '../child/environment';
import type { Command } from '../child/run';
import { subshell } from '../child/subshell';
import type { Env } from '../places';
import { lastPart } from '../profile/role-arn';
import type { Conversation } from '../terminal/conversation';
import type { AssumeTarget } from './assume-target';
import { livesOn } from './living';

export interface WindowParts {
  readonly talk: Conversation;
  readonly world: World;
  readonly env: Env;
  now(): number;
  /** Runs a program to its end. @returns its exit status */
  run(command: Command): Promise<number>;
  /** The status this process ends with. */
  exitWith(status: number): void;
}

/**
 * Runs a command, or a marked subshell, that carries the window's id: every client in it is elevated, and renews itself
 * through zsp; no secret is in its environment. Its end is the window's end.
 */
export async function runInWindow(
  parts: WindowParts,
  wanted: AssumeTarget,
  opened: Opened,
  { command, region }: { readonly command: readonly string[] | undefined; readonly region: string | undefined },
): Promise<void> {
  const { env, talk, world } = parts;
  const { profile } = wanted;
  const variables = {
    AWS_PROFILE: profile.name,
    AWS_REGION: region ?? profile.region,
    AWS_DEFAULT_REGION: region ?? profile.region,
    ZSP_WINDOW: shellWindowValue(opened.window.id, profile.name),
    // zsp itself runs in there, and may need it to open its keychain.
    ZSP_PASSPHRASE: env.ZSP_PASSPHRASE,
  };
  try {
    parts.exitWith(command ? await runCommand(parts, command, variables) : await runShell(parts, wanted, variables));
  } finally {
    const held = await dropWindow(world, profile.ssoSession, opened.name);
    if (held) livesOn(talk, [held], parts.now());
  }
}

type Variables = Readonly<Record<string, string | undefined>>;

function runCommand({ env, talk, run }: WindowParts, words: readonly string[], variables: Variables): Promise<number> {
  const [command = '', ...args] = words;
  const report = (line: string) => talk.say(`zsp: ${line}`);
  return run({ command, args, env: childEnvironment(env, variables), terminal: talk.interactive, report });
}

async function runShell({ env, talk, run }: WindowParts, wanted: AssumeTarget, variables: Variables): Promise<number> {
  const label = wanted.kind === 'role' ? lastPart(wanted.roleArn) : wanted.profile.name;
  const shell = subshell(label, env);
  try {
    talk.say(`  in this shell only${shell.marked ? '' : ' (its prompt cannot be marked)'}; leave it with exit`);
    const all = childEnvironment(env, { ...shell.variables, ...variables });
    const report = (line: string) => talk.say(`zsp: ${line}`);
    return await run({ command: shell.command, args: shell.args, env: all, terminal: true, report });
  } finally {
    shell.dispose();
  }
}
