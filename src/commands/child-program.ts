import { childEnvironment } from '../child/environment';
import type { Command } from '../child/run';
import { subshell } from '../child/subshell';
import type { Env } from '../places';
import type { Secret } from '../secret';
import type { Conversation } from '../terminal/conversation';

export interface ChildProgramParts {
  readonly talk: Conversation;
  readonly env: Env;
  /** Runs a program to its end. @returns its exit status */
  run(program: Command): Promise<number>;
}

/** What is added to the child's environment. */
export type Variables = Readonly<Record<string, string | Secret | undefined>>;

/** Runs a command as it stands after `--`. @returns its exit status */
export function runCommand(
  { env, talk, run }: ChildProgramParts,
  [command = '', ...args]: readonly string[],
  variables: Variables,
): Promise<number> {
  const report = (line: string) => talk.complain(line);
  return run({ command, args, env: childEnvironment(env, variables), terminal: talk.interactive, report });
}

/**
 * Runs the user's shell, with the label in its prompt where that can be.
 * @param entering is told whether it is
 * @returns its exit status
 */
export async function runShell(
  { env, talk, run }: ChildProgramParts,
  label: string,
  variables: Variables,
  entering: (marked: boolean) => void = () => {},
): Promise<number> {
  const { command, args, variables: marks, marked, dispose } = subshell(label, env);
  const report = (line: string) => talk.complain(line);
  try {
    entering(marked);
    return await run({ command, args, env: childEnvironment(env, { ...marks, ...variables }), terminal: true, report });
  } finally {
    dispose();
  }
}
