import { ZspError } from '../errors';
import { regionPattern } from '../profile/endpoints';
import { printable } from '../terminal/sanitize';

/** Wherever a profile is meant: the one named, then AWS_PROFILE, then `default`. */
export function profileName(named: string | undefined, env: Readonly<Record<string, string | undefined>>): string {
  return named || env.AWS_PROFILE || 'default';
}

/** A profile is named by itself or with `--profile`. @throws ZspError `usage` where it is named both ways */
export function refuseTwice(named: string | undefined, positional: string | undefined): void {
  if (named === undefined || positional === undefined) return;
  throw new ZspError('usage', 'the profile is named twice', { remedy: 'name it once, by itself or with --profile' });
}

/** Reads `--region`. @throws ZspError `usage` */
export function regionName(text: string): string {
  if (regionPattern.test(text)) return text;
  throw new ZspError('usage', `--region is not a region: ${JSON.stringify(printable(text, 40))}`, {
    remedy: 'write it like eu-west-1',
  });
}

/** Gathers the values of an option that may be repeated. */
export function collected(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** A word of a command that is shown to be copied: one word to a shell, which finds nothing in it to run. */
export function shellWord(text: string): string {
  const word = printable(text);
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
