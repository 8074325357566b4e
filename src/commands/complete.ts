import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Env, places, readRegularFile } from '../places';
import { allSections, isZspKey, type Section } from '../profile/sections';
import { configPath } from '../profile/settings';

/**
 * What the scripts of `zsp completion` ask while somebody types: names, one a line, from files only. It is called at every
 * Tab, so nothing else is loaded; and whatever is wrong, it says nothing.
 */
export function complete([kind = '']: readonly string[], env: Env): string {
  const list = Object.hasOwn(lists, kind) ? lists[kind] : undefined;
  try {
    const names = [...new Set(list?.(env) ?? [])].filter(isTypable);
    return names.map((name) => `${name}\n`).join('');
  } catch {
    return '';
  }
}

const lists: Readonly<Record<string, (env: Env) => readonly string[]>> = {
  profiles: (env) => zspProfiles(env).map(({ name }) => name),
  sessions: (env) => allSections(readConfig(env), 'sso-session').map(({ name }) => name),
  roles: (env) => [...valuesOf(env, 'zsp_sso_role_name'), ...discovered(env).flatMap(({ roles }) => roles ?? [])],
  accounts: (env) => [
    ...valuesOf(env, 'zsp_sso_account_id'),
    ...discovered(env).map(({ accountId }) => accountId ?? ''),
  ],
};

function readConfig(env: Env): string {
  return readRegularFile(configPath(env)).toString();
}

function zspProfiles(env: Env): readonly Section[] {
  return allSections(readConfig(env), 'profile').filter(({ values }) => [...values.keys()].some(isZspKey));
}

function valuesOf(env: Env, key: string): readonly string[] {
  return zspProfiles(env).flatMap(({ values }) => values.get(key)?.text ?? []);
}

interface Account {
  readonly accountId?: string;
  readonly roles?: readonly string[];
}

/** From what `zsp list` last found, however old: names only. */
function discovered(env: Env): readonly Account[] {
  const directory = join(places(env).runtime, 'discoveries');
  try {
    const files = readdirSync(directory).filter((name) => name.endsWith('.json'));
    return files.flatMap(
      (name) => (JSON.parse(readRegularFile(join(directory, name)).toString()) as { accounts: Account[] }).accounts,
    );
  } catch {
    return [];
  }
}

/** A name with a line break or an escape sequence in it would be several, or more. */
function isTypable(name: unknown): boolean {
  return typeof name === 'string' && name !== '' && !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u.test(name);
}
