/** What can stand in a place: names that `zsp complete KIND` knows, files, something only the user knows, or one of some words. */
export type Kind = 'profiles' | 'sessions' | 'roles' | 'accounts' | 'files' | 'nothing';

export interface Spec {
  /** `configure role`; empty for zsp itself. */
  readonly path: string;
  readonly options: readonly { readonly names: readonly string[]; readonly value?: Kind | readonly string[] }[];
  /** The verbs below it, or the words its argument can be. */
  readonly words: readonly string[];
  readonly argument?: Kind | undefined;
}

export const shells = ['bash', 'zsh', 'fish', 'powershell'] as const;
export type Shell = (typeof shells)[number];

/**
 * The script that completes zsp in a shell. Verbs and flags are in it; names are asked of `zsp complete`, and are never
 * evaluated by the shell: a profile may be called `$(reboot)`.
 */
export function completionScript(shell: Shell, specs: readonly Spec[]): string {
  return { bash, zsh, fish, powershell }[shell](tablesOf(specs));
}

interface Tables {
  /** `verb|--flag` of flags that take a value, and what that is. */
  readonly values: readonly Row[];
  /** What an argument of a verb is. */
  readonly arguments: readonly Row[];
  readonly flags: readonly Row[];
  /** Verbs that have others below them. */
  readonly groups: readonly string[];
}

interface Row {
  readonly keys: readonly string[];
  /** A kind after an `@`, or words. */
  readonly answer: string;
}

function tablesOf(specs: readonly Spec[]): Tables {
  const spoken = (value: Kind | readonly string[]) => (typeof value === 'string' ? `@${value}` : value.join(' '));
  return {
    values: specs.flatMap(({ path, options }) =>
      options.flatMap(({ names, value }) =>
        value === undefined ? [] : [{ keys: names.map((name) => `${path}|${name}`), answer: spoken(value) }],
      ),
    ),
    arguments: specs.flatMap(({ path, words, argument }) => {
      const answer = words.length > 0 ? words.join(' ') : argument && `@${argument}`;
      return answer ? [{ keys: [path], answer }] : [];
    }),
    flags: specs.map(({ path, options }) => ({
      keys: [path],
      answer: options.flatMap(({ names }) => names.filter((name) => name.startsWith('--'))).join(' '),
    })),
    groups: specs
      .filter(({ path }) => path !== '' && specs.some((one) => one.path.startsWith(`${path} `)))
      .map(({ path }) => path),
  };
}

const quote = (text: string) => `'${text}'`;

/** One way of writing for bash and zsh. */
function posixCases(variable: string, rows: readonly Row[]): string {
  const arms = rows.map(({ keys, answer }) => `    ${keys.map(quote).join('|')}) found=${quote(answer)} ;;`);
  return `  case "${variable}" in\n${arms.join('\n')}\n  esac`;
}

/** Finds the verb among `line` (the words before the one being typed) and then what may stand there, in `found`. */
function posixBody({ values, arguments: args, flags, groups }: Tables): string {
  return `  local verb= found= word
  for word in "\${line[@]}"; do
    case "$word" in
      --) return 1 ;;
      -*) continue ;;
    esac
    case "$verb" in
      '') verb=$word ;;
      ${groups.map(quote).join('|')}) verb="$verb $word" ;;
      *) break ;;
    esac
  done
${posixCases('$verb|$prev', values)}
  if [[ -n $found ]]; then :
  elif [[ $cur == -* ]]; then
${posixCases('$verb', flags)}
  else
${posixCases('$verb', args)}
  fi`;
}

function bash(tables: Tables): string {
  return `# bash completion for zsp
_zsp() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]}
  local -a line=("\${COMP_WORDS[@]:1:COMP_CWORD-1}")
  COMPREPLY=()
${posixBody(tables)}
  case "$found" in
    '@files') compopt -o default; return ;;
    '@nothing'|'') return ;;
    @*) while IFS= read -r word; do
          [[ $word == "$cur"* ]] && COMPREPLY+=("$(printf '%q' "$word")")
        done < <("$1" complete "\${found#@}" 2>/dev/null) ;;
    *) for word in $found; do [[ $word == "$cur"* ]] && COMPREPLY+=("$word"); done ;;
  esac
}
complete -F _zsp zsp
`;
}

function zsh(tables: Tables): string {
  return `#compdef zsp
# zsh completion for zsp
_zsp() {
  local cur=$words[CURRENT] prev=$words[CURRENT-1]
  local -a line=("\${(@)words[2,CURRENT-1]}")
${posixBody(tables)}
  case "$found" in
    '@files') _files ;;
    '@nothing'|'') return 1 ;;
    @*) compadd -- \${(f)"$("$words[1]" complete "\${found#@}" 2>/dev/null)"} ;;
    *) compadd -- \${=found} ;;
  esac
}
compdef _zsp zsp
`;
}

function fish({ values, arguments: args, flags, groups }: Tables): string {
  const cases = (rows: readonly Row[]) =>
    rows
      .map(({ keys, answer }) => `        case ${keys.map(quote).join(' ')}\n            set found ${quote(answer)}`)
      .join('\n');
  return `# fish completion for zsp
function __zsp_complete
    set -l line (commandline -opc)
    set -l cur (commandline -ct)
    set -l prev $line[-1]
    set -l verb ''
    set -l found ''
    for word in $line[2..-1]
        switch "$word"
            case '--'
                __fish_complete_path $cur
                return
            case '-*'
                continue
        end
        switch "$verb"
            case ''
                set verb $word
            case ${groups.map(quote).join(' ')}
                set verb "$verb $word"
            case '*'
                break
        end
    end
    switch "$verb|$prev"
${cases(values)}
    end
    if test -n "$found"
    else if string match -q -- '-*' "$cur"
        switch "$verb"
${cases(flags)}
        end
    else
        switch "$verb"
${cases(args)}
        end
    end
    switch "$found"
        case '@files'
            __fish_complete_path $cur
        case '@nothing' ''
        case '@*'
            $line[1] complete (string sub -s 2 -- $found) 2>/dev/null
        case '*'
            string split ' ' -- $found
    end
end
complete -c zsp -f -a '(__zsp_complete)'
`;
}

function powershell({ values, arguments: args, flags, groups }: Tables): string {
  const table = (rows: readonly Row[]) =>
    rows.flatMap(({ keys, answer }) => keys.map((key) => `        ${quote(key)} = ${quote(answer)}`)).join('\n');
  return `# PowerShell completion for zsp
Register-ArgumentCompleter -Native -CommandName zsp -ScriptBlock {
    param($cur, $ast, $cursor)
    $values = @{
${table(values)}
    }
    $arguments = @{
${table(args)}
    }
    $flags = @{
${table(flags)}
    }
    $groups = @(${groups.map(quote).join(', ')})
    $line = @($ast.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursor } | ForEach-Object { $_.Extent.Text })
    $verb = ''
    foreach ($word in ($line | Select-Object -Skip 1)) {
        if ($word -eq '--') { return }
        if ($word.StartsWith('-')) { continue }
        if ($verb -eq '') { $verb = $word } elseif ($groups -contains $verb) { $verb = "$verb $word" } else { break }
    }
    $found = $values["$verb|$($line[-1])"]
    if (-not $found) { $found = if ($cur.StartsWith('-')) { $flags[$verb] } else { $arguments[$verb] } }
    if (-not $found -or $found -eq '@nothing' -or $found -eq '@files') { return }
    $names = if ($found.StartsWith('@')) { & $line[0] complete $found.Substring(1) 2>$null } else { $found.Split(' ') }
    foreach ($name in $names) {
        if (-not $name.StartsWith($cur)) { continue }
        $text = if ($name -match '^[\\w.@+=/:-]+$') { $name } else { "'" + $name.Replace("'", "''") + "'" }
        [System.Management.Automation.CompletionResult]::new($text, $name, 'ParameterValue', $name)
    }
}
`;
}
