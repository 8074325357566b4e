import type { Command } from 'commander';
import { type ErrorCode, exitStatus } from './errors';
import { examplesOf, grouped } from './help';

/** What an exit status means; the compiler sees to it that none is forgotten. */
const meanings: Readonly<Record<ErrorCode, string>> = {
  internal: 'a bug in zsp: please report it',
  usage: 'the command line cannot be understood',
  config_invalid: 'the AWS config file, or something it names, is wrong or missing',
  sign_in_required: 'nobody is signed in, or the sign-in has ended: zsp login',
  access_denied: 'AWS refuses what was asked for',
  keychain_unavailable: 'the keychain is locked, silent or absent',
  aws_unavailable: 'AWS cannot be reached, or does not answer as AWS does',
  elevation_required: 'the profile is issued only while elevated: zsp assume',
  storage_failed: 'a file cannot be written: a full or read-only disk, a directory of another user',
  findings: 'a check found something: doctor, keys scan, history verify',
  interrupted: 'ended by Ctrl-C',
};

const environment: readonly (readonly [name: string, text: string])[] = [
  ['AWS_PROFILE', 'the profile where none is named; without it, default'],
  ['AWS_CONFIG_FILE', 'the config file, instead of ~/.aws/config'],
  ['AWS_ENDPOINT_URL', 'SSO, SSO OIDC and STS elsewhere; taken for loopback only'],
  ['HTTPS_PROXY, NO_PROXY', 'the proxy to AWS, and what is reached without it'],
  ['NODE_EXTRA_CA_CERTS', 'certificates of a proxy that opens TLS, as Node reads them'],
  ['NO_COLOR', 'any value: no colours'],
  ['ZSP_PLAIN', 'any value: as --plain'],
  ['ZSP_PASSPHRASE', 'opens a keychain that asks for a passphrase (file, and the sealed ones)'],
  ['ZSP_WINDOW', 'set by zsp in an elevated shell: the name of its window, not a secret'],
  ['ZSP_DEBUG', 'any value: where a bug of zsp happened in its source'],
  ['XDG_CONFIG_HOME, XDG_STATE_HOME, XDG_RUNTIME_DIR', 'where the files below are'],
];

const files: readonly (readonly [name: string, text: string])[] = [
  ['~/.aws/config', 'sign-ins and profiles; edited only by configure and keys migrate'],
  ['~/.config/zsp/policies/NAME.json', 'session policies'],
  ['~/.local/state/zsp/ledger.jsonl', 'what was issued; its head is in the keychain'],
  ['~/.local/state/zsp/keychain', 'which keychain is used'],
  ['~/.local/state/zsp/last-error.json', 'why credential-process failed last; for status --last-error'],
  ['~/.local/state/zsp/prompt.json', 'open windows, for status --prompt; it decides nothing'],
  ['$XDG_RUNTIME_DIR/zsp/', 'locks, and sealed items of the file and kernel keychains'],
];

/** The man page `zsp.1`, in the macros of man(7). */
export function manual(program: Command, version: string): string {
  const commands = grouped(program).flatMap(({ task, verbs }) => [
    `.SS ${roff(task)}`,
    ...verbs.flatMap((verb) => entry(verb)),
  ]);
  return [
    `.\\" Made by npm run man: the verbs' own help is its source.`,
    `.TH ZSP 1 "" "zsp ${roff(version)}"`,
    '.SH NAME',
    'zsp \\- zero standing privilege for the AWS CLI',
    '.SH SYNOPSIS',
    '.B zsp',
    '.I verb',
    '.RI [ options ]',
    '.SH DESCRIPTION',
    'Short-lived, scoped credentials from IAM Identity Center, kept in the keychain of the operating system and handed to',
    'every AWS client through',
    '.B credential_process',
    'in the AWS config file. Standard output carries the answer, standard error the conversation.',
    '.SH COMMANDS',
    ...commands,
    '.SH EXIT STATUS',
    ...terms([['0', 'success'], ...statuses()]),
    '.PP',
    'exec, and assume with a command, end with the status of that command.',
    '.SH ENVIRONMENT',
    ...terms(environment),
    '.SH FILES',
    'On macOS and Windows they are in the places of the platform.',
    ...terms(files),
    '.SH SEE ALSO',
    '.BR aws (1)',
    '',
  ].join('\n');
}

function statuses(): readonly (readonly [string, string])[] {
  const codes = Object.entries(exitStatus) as readonly (readonly [ErrorCode, number])[];
  return codes.map(([code, status]) => [String(status), `${code}: ${meanings[code]}`] as const);
}

function entry(command: Command, above = ''): readonly string[] {
  const name = `${above}${command.name()}`;
  const examples = examplesOf(command);
  return [
    '.TP',
    `.B zsp ${roff(name)} ${roff(argumentsOf(command))}`.trimEnd(),
    ...roff(command.description() || command.summary()).split('\n'),
    ...(command.options.length > 0 ? ['.RS', ...terms(optionsOf(command)), '.RE'] : []),
    ...(examples.length > 0 ? ['.RS', '.PP', '.nf', ...examples.map(roff), '.fi', '.RE'] : []),
    ...command.commands.flatMap((sub) => entry(sub, `${name} `)),
  ];
}

function argumentsOf(command: Command): string {
  return command.registeredArguments
    .map((argument) => `${argument.name()}${argument.variadic ? '...' : ''}`)
    .map((shown, at) => (command.registeredArguments[at]?.required ? `<${shown}>` : `[${shown}]`))
    .join(' ');
}

function optionsOf(command: Command): readonly (readonly [string, string])[] {
  return command.options.filter(({ hidden }) => !hidden).map(({ flags, description }) => [flags, description] as const);
}

function terms(all: readonly (readonly [name: string, text: string])[]): readonly string[] {
  return all.flatMap(([name, text]) => ['.TP', `.B ${roff(name)}`, roff(text)]);
}

/** Text that the macros take as it is: a backslash, a leading dot or quote and a hyphen mean something to them. */
function roff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('…', '...')
    .replaceAll('→', '\\(->')
    .replace(/^([.'])/gm, '\\&$1')
    .replace(/^ +/gm, '');
}
