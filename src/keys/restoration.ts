import { credentialsEntries, withKeys } from '../profile/credentials-file';
import { type Change, editConfig } from '../profile/edit';
import { findSection, isZspKey } from '../profile/sections';
import type { Secret } from '../secret';
import type { Files } from './replacement';

/** The files with the key where AWS clients look first, and zsp's keys gone from the profile. */
export function restoreStatic(
  { config, credentials }: Files,
  { profile, added, accessKeyId }: { profile: string; added: readonly string[]; accessKeyId: string },
  secret: Secret,
): Files {
  const values = { aws_access_key_id: accessKeyId, aws_secret_access_key: secret.open() };
  const here = credentialsEntries(credentials).some(
    ({ section, key }) => section === profile && key === 'aws_access_key_id',
  );
  return {
    config: editConfig(config, undo(config, profile, added)).text,
    credentials: here ? credentials : withKeys(credentials, profile, values),
  };
}

/** Settings that came from the credentials file stay: they are no secret, and serve either way. */
function undo(config: string, profile: string, added: readonly string[]): readonly Change[] {
  const section = findSection(config, 'profile', profile);
  if (!section) return [];
  const own = added.filter((key) => isZspKey(key) || key === 'credential_process' || key === 'region');
  const rest = [...section.values.keys()].filter((key) => !own.includes(key));
  if (rest.length === 0) return [{ kind: 'profile', name: profile, remove: true }];
  return [{ kind: 'profile', name: profile, set: Object.fromEntries(own.map((key) => [key, undefined])) }];
}
