import { Command, CommanderError } from 'commander';
import type { Command as Program } from './child/run';
import type { CompletionParts } from './commands/completion';
import { endWith, interrupted, leaveQuietly } from './ending';
import { ZspError } from './errors';
import { helpItem, overview } from './help';
import { manual } from './manual';
import { partsFor, version } from './parts';
import { type Conversation, createConversation } from './terminal/conversation';
import { printable } from './terminal/sanitize';

const { env } = process;

/** The composition root: the real world, one verb, and what its error means for the shell. */
export async function main(args: readonly string[]): Promise<void> {
  process.on('SIGINT', interrupted);
  process.stdout.on('error', leaveQuietly);
  const own = args.slice(0, args.includes('--') ? args.indexOf('--') : undefined);
  const wishes = { noColor: own.includes('--no-color'), plain: own.includes('--plain') || Boolean(env.ZSP_PLAIN) };
  const talk = createConversation(process, env, wishes);
  try {
    await run(args, talk);
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return;
    endWith(talk, error);
  }
}

/** While a command runs, Ctrl-C is the command's: zsp ends when it does. */
async function runToItsEnd(program: Program): Promise<number> {
  const { run: runProgram } = await import('./child/run');
  process.off('SIGINT', interrupted);
  try {
    return await runProgram(program);
  } finally {
    process.on('SIGINT', interrupted);
  }
}

/** Node would write the environment of every command zsp runs to stderr, and what it sends. */
function refuseTracing(): void {
  if (!env.NODE_DEBUG) return;
  throw new ZspError('config_invalid', 'NODE_DEBUG makes Node print credentials', { remedy: 'unset NODE_DEBUG' });
}

async function run(args: readonly string[], talk: Conversation): Promise<void> {
  refuseTracing();
  // What follows `--` belongs to another program: zsp neither reads nor records it.
  const end = args.indexOf('--');
  const own = end < 0 ? args : args.slice(0, end);
  const parts = allParts(talk, end < 0 ? undefined : args.slice(end + 1));
  const program = programOf(await verbs(own, parts));
  try {
    if (own.every((arg) => looks.includes(arg))) program.outputHelp();
    else await program.parseAsync(own, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError) || error.exitCode === 0) throw error;
    const verb = program.commands.find((command) => own.includes(command.name()));
    const message = mistake(error, verb);
    const remedy = `run: zsp ${typedVerbs(verb)}--help`;
    throw new ZspError('usage', message.replaceAll('\n', ' '), { remedy });
  }
}

/** Flags that change how an answer looks, and ask for none. */
const looks = ['--no-color', '--plain'];

/** Commander's words, but where a verb has verbs of its own: it would print its help on stderr, or count arguments. */
function mistake({ code, message }: CommanderError, verb: Command | undefined): string {
  const verbs = verb?.commands.map((command) => command.name()) ?? [];
  const [word] = verb?.args ?? [];
  if (code === 'commander.help') return `zsp ${verb?.name() ?? ''} wants one of: ${verbs.join(', ')}`;
  const counted = /^commander\.(?:excessArguments|unknownCommand)$/.test(code);
  if (!counted || verbs.length === 0 || word === undefined || verbs.includes(word)) {
    return message
      .replace(/^error: /, '')
      .replace(/^command-argument value (.+) is invalid for argument/s, '$1 is invalid for');
  }
  return `there is no zsp ${verb?.name()} ${JSON.stringify(printable(word, 40))}; there is: ${verbs.join(', ')}`;
}

/** `zsp configure sso `, as far as what was typed names verbs. */
function typedVerbs(verb: Command | undefined): string {
  const sub = verb?.commands.find((command) => command.name() === verb.args[0]);
  return [verb, sub].map((command) => (command ? `${command.name()} ` : '')).join('');
}

function programOf(all: readonly Command[]): Command {
  const program = new Command('zsp')
    .description('Zero standing privilege for the AWS CLI.')
    .version(version(), '--version', 'print the version')
    .option('--no-color', 'no colours')
    .option('--plain', 'words alone, for screen readers: no colours, symbols or bars')
    .helpOption('-h, --help', 'show help')
    .showSuggestionAfterError()
    .configureHelp({ formatHelp: (self, { helpWidth }) => overview(self, helpWidth ?? 80) })
    .configureOutput({ writeErr: () => {} })
    .exitOverride();
  for (const verb of all) program.addCommand(strict(verb));
  return program;
}

/** The man page, from the verbs themselves. */
export async function manualPage(): Promise<string> {
  const talk = createConversation(process, env, { noColor: true, plain: true });
  return manual(programOf(await allVerbs(allParts(talk, undefined))), version());
}

function strict(command: Command): Command {
  for (const sub of command.commands) strict(sub);
  return command
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .configureHelp({ formatItem: helpItem })
    .allowExcessArguments(false)
    .helpCommand(false)
    .helpOption('-h, --help', 'show help');
}

type Parts = ReturnType<typeof partsFor> & CompletionParts;

/** A verb loads what it needs; help loads them all. */
const loaders: Readonly<Record<string, (parts: Parts) => Promise<Command>>> = {
  login: async (parts) => (await import('./commands/login')).loginCommand(parts),
  logout: async (parts) => (await import('./commands/logout')).logoutCommand(parts),
  status: async (parts) => (await import('./commands/status')).statusCommand(parts),
  whoami: async (parts) => (await import('./commands/whoami')).whoamiCommand(parts),
  'credential-process': async (parts) =>
    (await import('./commands/credential-process')).credentialProcessCommand(parts),
  assume: async (parts) => (await import('./commands/assume')).assumeCommand(parts),
  drop: async (parts) => (await import('./commands/drop')).dropCommand(parts),
  exec: async (parts) => (await import('./commands/exec')).execCommand(parts),
  console: async (parts) => (await import('./commands/console')).consoleCommand(parts),
  configure: async (parts) => (await import('./commands/configure')).configureCommand(parts),
  list: async (parts) => (await import('./commands/list')).listCommand(parts),
  doctor: async (parts) => (await import('./commands/doctor')).doctorCommand(parts),
  keys: async (parts) => (await import('./commands/keys')).keysCommand(parts),
  completion: async (parts) => (await import('./commands/completion')).completionCommand(parts),
  history: async (parts) => (await import('./commands/history')).historyCommand(parts),
  demo: async (parts) => (await import('./commands/demo')).demoCommand(parts),
};

async function verbs(args: readonly string[], parts: Parts): Promise<readonly Command[]> {
  const named = args.find((arg) => !arg.startsWith('-'));
  const one = named !== undefined && Object.hasOwn(loaders, named) ? loaders[named] : undefined;
  if (one) return [await one(parts)];
  return allVerbs(parts);
}

async function allVerbs(parts: Parts): Promise<readonly Command[]> {
  return Promise.all(Object.values(loaders).map((load) => load(parts)));
}

function allParts(talk: Conversation, command: readonly string[] | undefined): Parts {
  const parts: Parts = { ...partsFor(talk, command, runToItsEnd), verbs: () => allVerbs(parts) };
  return parts;
}
