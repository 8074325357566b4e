import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, win32 } from 'node:path';
import type { Env } from '../places';

/** How to start the user's shell with a mark in its prompt. */
export interface Subshell {
  readonly command: string;
  readonly args: readonly string[];
  /** To be put into the shell's environment beside everything else. */
  readonly variables: Readonly<Record<string, string>>;
  /** False for a shell whose prompt zsp cannot mark. */
  readonly marked: boolean;
  /** To be called when the shell has ended. */
  readonly dispose: () => void;
}

type Start = Omit<Subshell, 'command' | 'dispose'> & { readonly files?: Readonly<Record<string, string>> };

/**
 * Chooses the user's shell, and marks its prompt with `[zsp:label] ` after the user's own start-up files have run. What it
 * needs to write, which holds no secret, is in a directory of its own (0700) until `dispose`.
 */
export function subshell(label: string, env: Env, platform: NodeJS.Platform = process.platform): Subshell {
  const command = userShell(env, platform);
  const directory = mkdtempSync(join(tmpdir(), 'zsp-shell-'));
  const { files = {}, ...start } = startOf(command, promptMark(label), directory, env);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text, { mode: 0o600 });
  const dispose = () => rmSync(directory, { recursive: true, force: true });
  if (Object.keys(files).length === 0) dispose();
  return { command, ...start, dispose };
}

/** Of a role's or a profile's name only characters that no shell expands in a prompt. */
export function promptMark(label: string): string {
  return `[zsp:${label.replace(/[^A-Za-z0-9_.@+=/-]/g, '_').slice(0, 40)}] `;
}

function userShell(env: Env, platform: NodeJS.Platform): string {
  if (platform !== 'win32') return env.SHELL?.startsWith('/') ? env.SHELL : '/bin/sh';
  // Only a PowerShell puts its user's own module directory there.
  const powershell = /\\Documents\\(Windows)?PowerShell\\Modules/i.exec(env.PSModulePath?.split(';')[0] ?? '');
  if (powershell) return powershell[1] ? 'powershell.exe' : 'pwsh.exe';
  return env.ComSpec || env.COMSPEC || 'cmd.exe';
}

function startOf(command: string, mark: string, directory: string, env: Env): Start {
  switch (
    win32
      .basename(command)
      .toLowerCase()
      .replace(/\.exe$/, '')
  ) {
    case 'bash':
      return {
        args: ['--rcfile', join(directory, 'bashrc'), '-i'],
        variables: {},
        marked: true,
        files: { bashrc: bashrc(mark) },
      };
    case 'zsh':
      return {
        args: ['-i'],
        variables: { ZDOTDIR: directory },
        marked: true,
        files: { '.zshenv': zshenv(directory, env.ZDOTDIR), '.zshrc': zshrc(mark, directory) },
      };
    case 'fish':
      return { args: ['-i', '-C', fishCommand(mark)], variables: {}, marked: true };
    case 'pwsh':
    case 'powershell':
      return { args: ['-NoLogo', '-NoExit', '-Command', powershellCommand(mark)], variables: {}, marked: true };
    case 'cmd':
      return { args: [], variables: { PROMPT: `${mark}${env.PROMPT || '$P$G'}` }, marked: true };
    default:
      return { args: ['-i'], variables: {}, marked: false };
  }
}

/** The mark is put back before each prompt, since starship and others build theirs anew. */
function bashrc(mark: string): string {
  return `[ -r ~/.bashrc ] && . ~/.bashrc
__zsp_mark() { case $PS1 in '${mark}'*) ;; *) PS1='${mark}'$PS1 ;; esac; }
case $(declare -p PROMPT_COMMAND 2>/dev/null) in
  'declare -a'*) PROMPT_COMMAND+=(__zsp_mark) ;;
  *) PROMPT_COMMAND=\${PROMPT_COMMAND-}$'\\n'__zsp_mark ;;
esac
`;
}

/** zsh looks for every file in ZDOTDIR: the user's, which .zshenv may change, is in force whenever a file of theirs runs. */
function zshenv(directory: string, userZdotdir: string | undefined): string {
  return `${userZdotdir ? `ZDOTDIR=${quoted(userZdotdir)}` : 'unset ZDOTDIR'}
[[ -r \${ZDOTDIR:-$HOME}/.zshenv ]] && source \${ZDOTDIR:-$HOME}/.zshenv
typeset -g __zsp_zdotdir=\${ZDOTDIR-}
ZDOTDIR=${quoted(directory)}
`;
}

function zshrc(mark: string, directory: string): string {
  return `if [[ -n $__zsp_zdotdir ]]; then ZDOTDIR=$__zsp_zdotdir; else unset ZDOTDIR; fi
unset __zsp_zdotdir
[[ \${HISTFILE-} == ${quoted(directory)}/* ]] && HISTFILE=\${ZDOTDIR:-$HOME}/.zsh_history
[[ -r \${ZDOTDIR:-$HOME}/.zshrc ]] && source \${ZDOTDIR:-$HOME}/.zshrc
__zsp_mark() { [[ $PS1 == '${mark}'* ]] || PS1='${mark}'$PS1 }
autoload -Uz add-zsh-hook && add-zsh-hook precmd __zsp_mark
`;
}

/** The user's prompt still sees the last command's status. */
function fishCommand(mark: string): string {
  return `functions -q fish_prompt; and functions -c fish_prompt __zsp_user_prompt
function __zsp_status; return $argv[1]; end
function fish_prompt
  set -l last $status
  printf '%s' '${mark}'
  __zsp_status $last
  __zsp_user_prompt
end`;
}

function powershellCommand(mark: string): string {
  return `$global:ZspUserPrompt = $function:prompt; function global:prompt { '${mark}' + (& $global:ZspUserPrompt) }`;
}

/** For a POSIX shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
