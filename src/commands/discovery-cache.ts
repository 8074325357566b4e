import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { AccountRoles } from '../broker/discovery';
import { signInName } from '../broker/item-names';
import { type Env, ensurePrivateDirectory, places, readRegularFile } from '../places';
import { replaceFile } from '../private-file';
import type { SsoSession } from '../profile/profile';

/** What a discovery found: names only, nothing secret. It belongs to one sign-in. */
export interface Remembered {
  readonly signInId: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly accounts: readonly AccountRoles[];
}

const minute = 60_000;

/** Whether it is true still: for a minute. */
export function isRecent({ at }: Remembered, now: number): boolean {
  return now >= at && now - at < minute;
}

function discoveriesDirectory(env: Env): string {
  return join(places(env).runtime, 'discoveries');
}

/** What was last found for this very sign-in, however long ago. Anything else is as good as nothing. */
export function recallDiscovery(env: Env, at: SsoSession, signInId: string): Remembered | undefined {
  try {
    const found = JSON.parse(readRegularFile(fileOf(env, at)).toString()) as Remembered;
    return found.signInId === signInId && Array.isArray(found.accounts) ? found : undefined;
  } catch {
    return undefined;
  }
}

/** Account names by ID, as the last discovery of each sign-in found them, however long ago: a name seldom changes. */
export function knownAccounts(env: Env, sessions: readonly SsoSession[]): ReadonlyMap<string, string> {
  return new Map(sessions.flatMap((at) => accountsIn(fileOf(env, at))));
}

function accountsIn(file: string): readonly (readonly [id: string, name: string])[] {
  try {
    const { accounts } = JSON.parse(readRegularFile(file).toString()) as Remembered;
    return accounts.map(({ accountId, accountName }) => [String(accountId), String(accountName)]);
  } catch {
    return [];
  }
}

/** Best effort: without it the next `zsp list` asks again. */
export function rememberDiscovery(env: Env, at: SsoSession, remembered: Remembered): void {
  try {
    ensurePrivateDirectory(discoveriesDirectory(env));
    replaceFile(fileOf(env, at), JSON.stringify(remembered));
  } catch {
    // As good as never written.
  }
}

function fileOf(env: Env, at: SsoSession): string {
  const name = createHash('sha256').update(signInName(at)).digest('hex').slice(0, 16);
  return join(discoveriesDirectory(env), `${name}.json`);
}
