import { join } from 'node:path';
import { type Env, home } from '../places';
import { isBlank, isContent, linesOf } from './lines';
import { headerText, withoutComment } from './sections';

/**
 * The shared credentials file, whose sections have no `profile` before their name:
 * https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
 */

/** AWS_SHARED_CREDENTIALS_FILE, or `~/.aws/credentials`. */
export function credentialsPath(env: Env): string {
  const given = env.AWS_SHARED_CREDENTIALS_FILE;
  if (!given) return join(home(env), '.aws', 'credentials');
  return given === '~' || given.startsWith('~/') ? join(home(env), given.slice(1)) : given;
}

/** What makes up static credentials. */
export const staticKeys: readonly string[] = [
  'aws_access_key_id',
  'aws_secret_access_key',
  'aws_session_token',
  'aws_security_token',
];

export interface CredentialsEntry {
  readonly section: string;
  /** In lower case. */
  readonly key: string;
  readonly text: string;
  /** 1-based. */
  readonly line: number;
}

/** Every `key = value` of the file, in its order. */
export function credentialsEntries(text: string): readonly CredentialsEntry[] {
  const entries: CredentialsEntry[] = [];
  let section: string | undefined;
  for (const [at, raw] of linesOf(text).entries()) {
    const line = withoutComment(raw);
    const inside = headerText(line);
    const equals = line.indexOf('=');
    if (inside !== undefined) section = inside;
    else if (section !== undefined && equals > 0) {
      const key = line.slice(0, equals).trimEnd().toLowerCase();
      entries.push({ section, key, text: line.slice(equals + 1).trimStart(), line: at + 1 });
    }
  }
  return entries;
}

/** The file without some keys of a section, and without the section where nothing else is in it; every other byte stays. */
export function withoutKeys(text: string, section: string, keys: readonly string[]): string {
  const gone = credentialsEntries(text).filter((entry) => entry.section === section && keys.includes(entry.key));
  const taken = new Set(gone.map((entry) => entry.line - 1));
  if (taken.size === 0) return text;
  const lines = linesOf(text);
  for (const { first, end } of blocksOf(lines, section)) {
    const rest = lines.slice(first + 1, end).filter((_, at) => !taken.has(first + 1 + at));
    // A comment may be about what comes next, so it stays, and its header with it.
    if (rest.every(isBlank)) for (let at = first; at < end; at += 1) taken.add(at);
  }
  return lines.filter((_, at) => !taken.has(at)).join('');
}

/** The file with some keys at the end of a section, which is made where there is none. */
export function withKeys(text: string, section: string, values: Readonly<Record<string, string>>): string {
  const lines = linesOf(text);
  const newline = lines[0]?.endsWith('\r\n') ? '\r\n' : '\n';
  const added = Object.entries(values).map(([key, value]) => `${key} = ${value}${newline}`);
  const block = blocksOf(lines, section).at(-1);
  let after = block ? block.end - 1 : lines.length - 1;
  while (block && after > block.first && !isContent(lines[after])) after -= 1;
  const last = lines[after];
  const before = last === undefined || last.endsWith('\n') ? lines.slice(0, after + 1) : [...lines, newline];
  const gap = block || lines.length === 0 || isBlank(lines.at(-1)) ? [] : [newline];
  const head = block ? [] : [...gap, `[${section}]${newline}`];
  return [...before, ...head, ...added, ...lines.slice(after + 1)].join('');
}

function blocksOf(lines: readonly string[], section: string): { first: number; end: number }[] {
  const heads = lines.flatMap((line, at) => {
    const inside = headerText(withoutComment(line));
    return inside === undefined ? [] : [{ at, name: inside }];
  });
  return heads.flatMap(({ at, name }, index) =>
    name === section ? [{ first: at, end: heads[index + 1]?.at ?? lines.length }] : [],
  );
}
