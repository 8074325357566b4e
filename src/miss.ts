import { servedUntil } from './broker/freshness';
import { endWith, interrupted } from './ending';
import { print, profileOf } from './hot/credential-process';
import { noteHeld } from './hot/crowd';
import type { Texts } from './keychain/secret-service';
import type { Env } from './places';
import { resolveProfile } from './profile/resolve';
import { serveProfile } from './serve';
import { createConversation } from './terminal/conversation';
import { openWorld } from './world';

/**
 * A `credential-process` that the keychain could not answer, in the forms that stand in config files. `main` takes every
 * other form; it loads what all verbs need, which takes as long as AWS does.
 * @param keyring what the look for held credentials has opened
 * @returns whether the arguments were of such a form
 */
export async function answerMiss(args: readonly string[], env: Env, keyring: Texts): Promise<boolean> {
  const ahead = args.at(-1) === '--ahead';
  const name = profileOf(ahead ? args.slice(0, -1) : args);
  if (name === undefined) return false;
  process.on('SIGINT', interrupted);
  try {
    const real = openWorld({ env, awaited: true, askPassphrase, keyring });
    const parts = { ...real, env, answer: print, profile: () => resolveProfile(name, env) };
    noteHeld(args, env, servedUntil(await serveProfile(parts, name, { ahead, looked: true })));
  } catch (error) {
    const wishes = { noColor: false, plain: Boolean(env.ZSP_PLAIN) };
    endWith(createConversation(process, env, wishes), error);
  }
  return true;
}

function askPassphrase(question: string) {
  const { terminalPrompt } = require('./terminal/prompt') as typeof import('./terminal/prompt');
  return terminalPrompt({ input: process.stdin, output: process.stderr }).passphrase(question);
}
