import { endWith, interrupted, leaveQuietly } from './ending';
import type { Connections } from './keychain/native-entry';
import type { Env } from './places';
import { decodeProfileHex } from './profile/process-line';
import { resolveProfile } from './profile/resolve';
import { serveProfile } from './serve';
import { createConversation } from './terminal/conversation';
import { openWorld } from './world';

/**
 * A `credential-process` that the keychain could not answer, in the forms that stand in config files. `main` takes every
 * other form; it loads what all verbs need, which takes as long as AWS does.
 * @param connections what the look for held credentials has opened
 * @returns whether the arguments were of such a form
 */
export async function answerMiss(args: readonly string[], env: Env, connections: Connections): Promise<boolean> {
  const [flag, value = '', ahead] = args;
  const known = (flag === '--profile' && !value.startsWith('-')) || flag === '--profile-hex';
  if (!known || value === '' || args.length > (ahead === '--ahead' ? 3 : 2)) return false;
  process.on('SIGINT', interrupted);
  process.stdout.on('error', leaveQuietly);
  const talk = createConversation(process, env, { noColor: false, plain: Boolean(env.ZSP_PLAIN) });
  try {
    const name = flag === '--profile' ? value : decodeProfileHex(value);
    const real = openWorld({ env, awaited: true, askPassphrase, connections });
    await serveProfile({ ...real, talk, env, profile: () => resolveProfile(name, env) }, name, ahead === '--ahead');
  } catch (error) {
    endWith(talk, error);
  }
  return true;
}

function askPassphrase(question: string) {
  const { terminalPrompt } = require('./terminal/prompt') as typeof import('./terminal/prompt');
  return terminalPrompt({ input: process.stdin, output: process.stderr }).passphrase(question);
}
