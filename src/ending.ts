import { exitStatus, exitStatusOf, ZspError } from './errors';
import type { Conversation } from './terminal/conversation';
import { printable } from './terminal/sanitize';

/** How a run ends that does not end well: what is said of it, and its exit status. */

/** Ctrl-C. A client that runs zsp without a terminal says so itself. */
export function interrupted(): void {
  if (process.stderr.isTTY) process.stderr.write('\nzsp: interrupted\n');
  process.exit(exitStatus.interrupted);
}

/** A reader that has seen enough (`zsp history | head`) is no error. */
export function leaveQuietly(error: NodeJS.ErrnoException): void {
  process.exit(error.code === 'EPIPE' ? 0 : exitStatus.storage_failed);
}

/** Says what went wrong, and sets the exit status. */
export function endWith(talk: Conversation, error: unknown): void {
  tell(talk, error);
  process.exitCode = exitStatusOf(error);
  if (process.exitCode === exitStatus.keychain_unavailable) endSoon();
}

/**
 * Node waits for a keychain's call before it exits, even one that was given up on. Where such a call cannot be ended
 * (src/keychain/prompt-patience.ts) the exit status is lost, and nothing else: everything is said.
 */
function endSoon(): void {
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), 1_000).unref();
}

/** Two lines at most and free of secrets, since SDKs put them into an application's exception. */
function tell(talk: Conversation, error: unknown): void {
  const { message, remedy } = wordsOf(error);
  talk.complain(message, remedy);
  if (process.env.ZSP_DEBUG && error instanceof Error && !(error instanceof ZspError)) {
    // Where, and not what: its text could hold anything.
    talk.say(printable((error.stack ?? '').replace(/^.*?\n(?= +at )/s, ''), 2000));
  }
}

/** What is said of an error; of a bug only its kind, since its text could hold anything. */
export function wordsOf(error: unknown): Pick<ZspError, 'code' | 'message' | 'remedy'> {
  if (error instanceof ZspError) return error;
  const kind = error instanceof Error ? error.name : typeof error;
  return {
    code: 'internal',
    message: `this is a bug in zsp (${printable(kind, 40)})`,
    remedy: 'please report it, with the command and the version that zsp --version prints',
  };
}
