// The straight corridor: a held credential, a shell's prompt or a name to complete is answered before anything else is loaded.
import { profileOf, serveHeld } from './hot/credential-process';
import { forgetNote, mayBeHeld, noteHeld, turnOf } from './hot/crowd';
import { answerPrompt } from './hot/prompt';
import { secretService } from './keychain/secret-service';

const [verb, ...rest] = process.argv.slice(2);
const keyring = secretService(process.env);

if (verb === 'status' && rest.length === 1 && rest[0] === '--prompt') {
  answerPrompt(process.env);
} else if (verb === 'complete') {
  const { complete } = require('./commands/complete') as typeof import('./commands/complete');
  process.stdout.write(complete(rest, process.env));
} else {
  void run();
}

async function run(): Promise<void> {
  if (verb === 'credential-process' && !process.env.NODE_DEBUG && (await answered())) return;
  const { main } = require('./main') as typeof import('./main');
  await main(process.argv.slice(2));
}

async function answered(): Promise<boolean> {
  if (rest.includes('--ahead')) return miss();
  if (profileOf(rest) === undefined) return false;
  const noted = mayBeHeld(rest, process.env);
  if (noted && (await hit()) !== undefined) return true;
  if (noted) forgetNote(rest, process.env);
  const turn = await turnOf(rest, process.env);
  // Whoever has waited finds what was made meanwhile; where nothing can be noted or waited for, every call has to look.
  if (turn ? turn.waited : !noted) {
    const until = await hit();
    if (until !== undefined) {
      turn?.end();
      noteHeld(rest, process.env, until);
      return true;
    }
  }
  if (turn?.waited) turn.end();
  return miss();
}

/** What goes wrong here goes wrong again in a miss, which explains it. */
function hit(): Promise<number | undefined> {
  return serveHeld(rest, process.env, keyring).catch(() => undefined);
}

function miss(): Promise<boolean> {
  const { answerMiss } = require('./miss') as typeof import('./miss');
  return answerMiss(rest, process.env, keyring);
}
