import { ZspError } from '../errors';
import type { Env } from '../places';
import { credentialsEntries, staticKeys, withoutKeys } from '../profile/credentials-file';
import { type Edit, editConfig } from '../profile/edit';
import { resolveProfileIn } from '../profile/resolve';
import { findSection, isZspKey } from '../profile/sections';

/** The two files of AWS clients, as texts. */
export interface Files {
  readonly config: string;
  readonly credentials: string;
}

export interface Replaced extends Files {
  /** What changes in the config file. */
  readonly edit: Edit;
  /** The keys that the profile's section has now and had not. */
  readonly added: readonly string[];
}

/**
 * The files once zsp serves a profile as it serves another: under its old name, with its own settings, those of the credentials
 * file included, and without its static keys. Every other byte stays.
 * @param line the profile's credential_process
 * @throws ZspError `config_invalid` where the profile would not resolve, or cannot be edited
 */
export function replaceStatic(
  { config, credentials }: Files,
  { profile, by, line, path, env }: { profile: string; by: string; line: string; path: string; env: Env },
): Replaced {
  const has = findSection(config, 'profile', profile)?.values ?? new Map();
  const replacing = findSection(config, 'profile', by)?.values ?? new Map<string, { readonly text: string }>();
  const moved = credentialsEntries(credentials).filter(
    ({ section, key, text }) => section === profile && !staticKeys.includes(key) && text !== '',
  );
  const wanted = new Map([
    ['credential_process', line],
    ...[...replacing]
      .filter(([key]) => isZspKey(key) || key === 'region')
      .map(([key, { text }]) => [key, text] as const),
    ...moved.map(({ key, text }) => [key, text] as const),
  ]);
  const set = new Map([...wanted].filter(([key]) => !has.has(key)));
  const gone = staticKeys.filter((key) => has.has(key)).map((key) => [key, undefined] as const);
  const edit = editConfig(config, [{ kind: 'profile', name: profile, set: Object.fromEntries([...set, ...gone]) }]);
  resolveProfileIn({ path, text: edit.text, env }, profile);
  return {
    edit,
    config: edit.text,
    credentials: withoutKeys(credentials, profile, [...staticKeys, ...moved.map(({ key }) => key)]),
    added: [...set.keys()],
  };
}

/** @throws ZspError `config_invalid` for a file whose key is another one than was meant */
export function refuseOtherKey(credentials: string, profile: string, accessKeyId: string): void {
  const found = credentialsEntries(credentials).find(
    ({ section, key }) => section === profile && key === 'aws_access_key_id',
  );
  if (found === undefined || found.text === accessKeyId) return;
  throw new ZspError('config_invalid', `the credentials file has another key for ${profile} by now`, {
    remedy: `see which one you want, and remove the other from the credentials file`,
  });
}
