import { type Command, Help } from 'commander';
import { flow } from './terminal/flow';
import { cutToWidth, textWidth } from './terminal/width';

/** The verbs by task, as `zsp --help`, the man page and the docs show them. */
const groups: readonly (readonly [task: string, verbs: readonly string[]])[] = [
  ['Sign in', ['login', 'logout']],
  ['Work', ['exec', 'console', 'assume', 'drop', 'whoami']],
  ['Look', ['status', 'list', 'history']],
  ['Set up', ['configure', 'doctor', 'keys', 'completion']],
  ['Behind', ['credential-process', 'demo']],
];

export interface Group {
  readonly task: string;
  readonly verbs: readonly Command[];
}

/** Verbs that no group names come last, so that none is hidden by a list that was forgotten. */
export function grouped(program: Command): readonly Group[] {
  const named = new Set(groups.flatMap(([, verbs]) => verbs));
  const byName = new Map(program.commands.map((command) => [command.name(), command]));
  const others = [...byName.keys()].filter((name) => !named.has(name) && name !== 'help');
  return [...groups, ['More', others] as const]
    .map(([task, verbs]) => ({ task, verbs: verbs.flatMap((verb) => byName.get(verb) ?? []) }))
    .filter(({ verbs }) => verbs.length > 0);
}

/** Narrower than this, a task stands on a line of its own. */
const narrow = 60;

/** All verbs on one screen of 80 × 24. @param width the terminal's columns */
export function overview(program: Command, width: number): string {
  const all = grouped(program);
  const names = Math.max(...all.flatMap(({ verbs }) => verbs.map((verb) => textWidth(verb.name()))));
  const tasks = width < narrow ? 0 : Math.max(...all.map(({ task }) => textWidth(task)));
  const lines = all.flatMap(({ task, verbs }) => {
    if (tasks === 0)
      return [task, ...verbs.flatMap((verb) => [`  ${verb.name()}`, ...indented(verb.summary(), width)])];
    return verbs.map((verb, at) => {
      const head = `${(at === 0 ? task : '').padEnd(tasks + 2)}${verb.name().padEnd(names + 2)}`;
      return head + verb.summary();
    });
  });
  const usage = ['usage: zsp <verb> [--help]', ''];
  const flags = ['', ...flow(['everywhere: --help --version --no-color --plain'], 2, width)];
  return `${[...usage, ...lines, ...flags].map((line) => cutToWidth(line, width)).join('\n')}\n`;
}

/** A flag or an argument with what it is for: beside it, or under it where the terminal is narrow. */
export function helpItem(term: string, width: number, description: string, help: Help): string {
  const columns = help.helpWidth ?? 80;
  if (columns >= narrow) return Help.prototype.formatItem.call(help, term, width, description, help);
  return [`  ${term}`, ...indented(description, columns)].join('\n');
}

function indented(text: string, width: number): readonly string[] {
  return flow([text], 6, width).map((line, at) => (at === 0 ? `      ${line}` : line));
}

/** The examples at the end of a verb's help, one a line. The command is not used for anything else after this. */
export function examplesOf(command: Command): readonly string[] {
  let text = '';
  command.configureOutput({
    writeOut: (more) => {
      text += more;
    },
  });
  command.outputHelp();
  const [, examples = ''] = text.split(/\nExamples?:\n/);
  return examples.split('\n').flatMap((line) => line.trim() || []);
}
