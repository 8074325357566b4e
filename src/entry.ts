// The straight corridor: a held credential, a shell's prompt or a name to complete is answered before anything else is loaded.
const [verb, ...rest] = process.argv.slice(2);
const connections: import('./keychain/native-entry').Connections = new Map();

if (verb === 'status' && rest.length === 1 && rest[0] === '--prompt') {
  const { answerPrompt } = require('./hot/prompt') as typeof import('./hot/prompt');
  answerPrompt(process.env);
} else if (verb === 'complete') {
  const { complete } = require('./commands/complete') as typeof import('./commands/complete');
  process.stdout.write(complete(rest, process.env));
} else {
  void run();
}

async function run(): Promise<void> {
  const straight = verb === 'credential-process' && !process.env.NODE_DEBUG;
  if (straight && ((await hit()) || (await hitInTurn()) || (await miss()))) return;
  const { main } = require('./main') as typeof import('./main');
  await main(process.argv.slice(2));
}

function hit(): Promise<boolean> {
  const { serveHeld } = require('./hot/credential-process') as typeof import('./hot/credential-process');
  return serveHeld(rest, process.env, connections);
}

async function hitInTurn(): Promise<boolean> {
  const { followFirst } = require('./hot/crowd') as typeof import('./hot/crowd');
  const endTurn = await followFirst(rest, process.env);
  if (!endTurn) return false;
  const served = await hit();
  endTurn();
  return served;
}

async function miss(): Promise<boolean> {
  const { answerMiss } = require('./miss') as typeof import('./miss');
  return answerMiss(rest, process.env, connections);
}

export {};
