import { credentialsEntries } from '../profile/credentials-file';
import { allSections } from '../profile/sections';
import { Secret } from '../secret';

/** A profile with a long-lived key, in the credentials file or in the config file. */
export interface StaticProfile {
  readonly name: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: Secret;
}

/** The profiles with a whole pair. Where both files have one, AWS clients take the credentials file's, and so does this. */
export function staticProfiles(config: string, credentials: string): readonly StaticProfile[] {
  const pairs = new Map<string, Map<string, string>>();
  for (const { name, values } of allSections(config, 'profile')) {
    pairs.set(name, new Map([...values].map(([key, { text }]) => [key, text])));
  }
  const inCredentials = new Map<string, Map<string, string>>();
  for (const { section, key, text } of credentialsEntries(credentials)) {
    inCredentials.set(section, (inCredentials.get(section) ?? new Map<string, string>()).set(key, text));
  }
  for (const [name, values] of inCredentials) if (values.has('aws_access_key_id')) pairs.set(name, values);
  return [...pairs].flatMap(([name, values]) => {
    const accessKeyId = values.get('aws_access_key_id');
    const secret = values.get('aws_secret_access_key');
    // With a session token the pair is temporary, and ends by itself.
    if (!accessKeyId || !secret || values.has('aws_session_token')) return [];
    return { name, accessKeyId, secretAccessKey: new Secret(secret) };
  });
}
