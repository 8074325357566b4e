import type { Opened } from '../broker/elevation';
import { dropWindow } from '../broker/elevation';
import { shellWindowValue } from '../broker/shell-window';
import type { World } from '../broker/world';
import { lastPart } from '../profile/role-arn';
import type { AssumeTarget } from './assume-target';
import { type ChildProgramParts, runCommand, runShell, type Variables } from './child-program';
import { livesOn } from './living';

export interface WindowParts extends ChildProgramParts {
  readonly world: World;
  now(): number;
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
    parts.exitWith(await runIn(parts, wanted, command, variables));
  } finally {
    const held = await dropWindow(world, profile.ssoSession, opened.name);
    if (held) livesOn(talk, [held], parts.now());
  }
}

async function runIn(
  parts: WindowParts,
  wanted: AssumeTarget,
  command: readonly string[] | undefined,
  variables: Variables,
): Promise<number> {
  if (command) return runCommand(parts, command, variables);
  const label = wanted.kind === 'role' ? lastPart(wanted.roleArn) : wanted.profile.name;
  return runShell(parts, label, variables, (marked) =>
    parts.talk.say(`  in this shell only${marked ? '' : ' (its prompt cannot be marked)'}; leave it with exit`),
  );
}
