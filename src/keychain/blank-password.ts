import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ZspError } from '../errors';
import { type Env, home, readRegularFile } from '../places';
import { probe } from './probe';
import type { Backend } from './recorded-backend';
import type { SecretStore } from './secret-store';

/**
 * Refuses a gnome-keyring whose password is blank, since it writes its items to disk in plain text: a dummy item is kept
 * and looked for in the keyring files. For a sign-in, before there is anything to lose; other backends pass.
 * @throws ZspError `keychain_unavailable`
 */
export async function refuseBlankPassword(backend: Backend, store: SecretStore, env: Env): Promise<void> {
  if (backend !== 'secret-service') return;
  await probe(store, (text) => {
    const found = keyringFiles(env).find((path) => contains(path, text));
    if (found === undefined) return;
    throw new ZspError('keychain_unavailable', `the keyring has a blank password, so ${found} is plain text on disk`, {
      remedy:
        'give the keyring a password (Passwords and Keys, or seahorse: Change Password), or set zsp_keychain = file',
    });
  });
}

function keyringFiles(env: Env): readonly string[] {
  const data = new Set([env.XDG_DATA_HOME || join(home(env), '.local', 'share'), join(home(env), '.local', 'share')]);
  return [...data].flatMap((directory) => {
    const keyrings = join(directory, 'keyrings');
    return namesIn(keyrings).map((name) => join(keyrings, name));
  });
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function contains(path: string, text: string): boolean {
  try {
    return readRegularFile(path).includes(text);
  } catch {
    return false;
  }
}
