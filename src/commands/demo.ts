import { Command } from 'commander';
import { exitStatus, ZspError } from '../errors';
import type { Conversation } from '../terminal/conversation';

/** An embedded AWS, a throw-away home, and a way to run programs in it. */
export interface Stage {
  /** Runs a program with the home's environment, its output shown as it comes. @returns its exit status */
  run(program: readonly string[]): Promise<number>;
  /** The AWS CLI, if one is installed. */
  readonly aws: string | undefined;
  readonly zsp: readonly string[];
  /** A small program that makes SDK calls: `PROFILE whoami`, or `PROFILE assume ROLE_ARN`. */
  readonly sdk: readonly string[];
  readonly url: string;
  /** Every secret AWS gave out, looked for in every file of the home. */
  searchHome(): { readonly secrets: number; readonly files: number; readonly found: number };
  close(): Promise<void>;
}

export interface DemoParts {
  readonly talk: Conversation;
  openStage(): Promise<Stage>;
}

export function demoCommand(parts: DemoParts): Command {
  return new Command('demo')
    .summary('the whole story on an embedded AWS, offline')
    .description(
      'Shows what zsp does, on an AWS that runs inside it and in a home that is thrown away. Nothing leaves this machine.',
    )
    .addHelpText('after', '\nExample:\n  zsp demo')
    .action(() => demo(parts));
}

async function demo({ talk, openStage }: DemoParts): Promise<void> {
  const stage = await openStage();
  const stop = () => void stage.close().finally(() => process.exit(exitStatus.interrupted));
  process.once('SIGINT', stop);
  try {
    for (const scene of scenes(stage)) await play(talk, stage, scene);
    const { secrets, files, found } = stage.searchHome();
    heading(talk, 'And what is on the disk?');
    talk.answer(
      `  AWS gave out ${secrets} secrets. Searched ${files} files of this home for each: ${found || 'none'} found.\n\n`,
    );
    if (found > 0) throw new ZspError('internal', 'the demo found a secret on the disk');
  } finally {
    process.removeListener('SIGINT', stop);
    await stage.close();
  }
}

interface Scene {
  readonly title: string;
  readonly shown: string;
  readonly program: readonly string[];
  /** Whether the point is that it is refused. */
  readonly refused?: boolean;
}

function scenes(stage: Stage): readonly Scene[] {
  const { zsp } = stage;
  const verb = (title: string, ...args: string[]): Scene => {
    const shown = ['zsp', ...args.map((arg) => (arg.includes(' ') ? `"${arg}"` : arg))].join(' ');
    return { title, shown, program: [...zsp, ...args] };
  };
  return [
    verb('Sign in once, in the browser', 'login', 'corp'),
    ...clientScenes(stage),
    { ...verb('Power is not there until you ask', 'whoami', 'admin'), refused: true },
    verb('Ask for it: a time, and a reason', 'assume', 'admin', '--duration', '15m', '--reason', 'ticket AB-1'),
    verb('While the window is open, every client has it', 'whoami', 'admin'),
    verb('What is held now', 'status'),
    verb('Give it back early', 'drop', 'admin'),
    { ...verb('Gone', 'whoami', 'admin'), refused: true },
    verb('All of it is written down', 'history'),
    verb('…in a chain that shows any change', 'history', 'verify'),
  ];
}

/** The same profile through a real client: what its policy allows, and what it does not. */
function clientScenes({ aws, sdk, url }: Stage): readonly Scene[] {
  const works = 'From now on every AWS client just works';
  if (aws) {
    const call = (title: string, ...args: string[]): Scene => ({
      title,
      shown: `aws --profile deploy ${args.join(' ')}`,
      program: [aws, '--endpoint-url', url, '--profile', 'deploy', ...args],
    });
    const remove = call(
      'The session policy bites: the role could write, this session only reads',
      's3',
      'rm',
      's3://artifacts/manifest.json',
    );
    return [call(works, 's3', 'ls', 's3://artifacts'), { ...remove, refused: true }];
  }
  const role = 'arn:aws:iam::444455556666:role/admin';
  const program = [...sdk, 'deploy', 'assume', role];
  return [
    { title: works, shown: 'AWS_PROFILE=deploy  sts.getCallerIdentity()', program: [...sdk, 'deploy', 'whoami'] },
    {
      title: 'What the session is not for is refused',
      shown: `AWS_PROFILE=deploy  sts.assumeRole('${role}')`,
      program,
      refused: true,
    },
  ];
}

async function play(
  talk: Conversation,
  stage: Stage,
  { title, shown, program, refused = false }: Scene,
): Promise<void> {
  const { cyan, dim } = talk.answerStyle;
  heading(talk, title);
  talk.answer(`${dim('$')} ${cyan(shown)}\n`);
  const status = await stage.run(program);
  if (refused) talk.answer(`${dim(`  (refused, exit ${status})`)}\n`);
  talk.answer('\n');
  if (refused !== (status !== 0)) {
    throw new ZspError('internal', `the demo's \`${shown}\` ended with ${status}, which is not the story`);
  }
}

function heading(talk: Conversation, title: string): void {
  talk.answer(`${talk.answerStyle.bold(title)}\n`);
}
