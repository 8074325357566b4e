import { Argument, Command } from 'commander';
import { completionScript, type Shell, type Spec, shells } from '../terminal/completion-script';
import type { Conversation } from '../terminal/conversation';

export interface CompletionParts {
  readonly talk: Conversation;
  /** Every verb there is. */
  verbs(): Promise<readonly Command[]>;
}

export function completionCommand(parts: CompletionParts): Command {
  return new Command('completion')
    .summary('completion for your shell')
    .description(
      'Prints a script that completes verbs, flags, profiles, sso-sessions and roles. It reads files only: no network, no ' +
        'keychain.',
    )
    .addArgument(new Argument('<shell>', 'the shell').choices(shells))
    .addHelpText(
      'after',
      '\nExamples:\n  eval "$(zsp completion bash)"    # in ~/.bashrc\n' +
        '  eval "$(zsp completion zsh)"     # in ~/.zshrc, after compinit\n' +
        '  zsp completion fish > ~/.config/fish/completions/zsp.fish\n' +
        '  zsp completion powershell | Out-String | Invoke-Expression    # in $PROFILE',
    )
    .action(async (shell: Shell) => {
      const verbs = await parts.verbs();
      const options = ['--help', '--version', '--no-color', '--plain'].map((name) => ({ names: [name] }));
      const top: Spec = { path: '', options, words: verbs.map((verb) => verb.name()) };
      parts.talk.answer(completionScript(shell, [top, ...verbs.flatMap((verb) => specs(verb, ''))]));
    });
}

/** A verb and the verbs under it, as a script has to know them. */
function specs(command: Command, above: string): readonly Spec[] {
  const path = above === '' ? command.name() : `${above} ${command.name()}`;
  const [argument] = command.registeredArguments;
  const own: Spec = {
    path,
    options: [
      ...command.options.map((option) => ({
        names: [option.short, option.long].filter((name) => name !== undefined && name !== null),
        ...((option.required || option.optional) && { value: option.argChoices ?? kindOf(option.long ?? '') }),
      })),
      { names: ['--help'] },
    ],
    words: [...command.commands.map((sub) => sub.name()), ...(argument?.argChoices ?? [])],
    ...(argument && !argument.argChoices && { argument: kindOf(argument.name()) }),
  };
  return [own, ...command.commands.flatMap((sub) => specs(sub, path))];
}

const kinds: Readonly<Record<string, Spec['argument']>> = {
  '--profile': 'profiles',
  '--source': 'profiles',
  '--last-error': 'profiles',
  '--session': 'sessions',
  '--roles': 'roles',
  '--accounts': 'accounts',
  '--policy': 'files',
  profile: 'profiles',
  target: 'profiles',
  'sso-session': 'sessions',
};

function kindOf(name: string): NonNullable<Spec['argument']> {
  return kinds[name] ?? 'nothing';
}
