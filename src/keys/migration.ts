import type { Session } from '../broker/ports';
import { ZspError } from '../errors';
import type { SecretStore } from '../keychain/secret-store';
import type { LedgerEvent } from '../ledger/event';
import type { Env } from '../places';
import { credentialsPath } from '../profile/credentials-file';
import type { Endpoints } from '../profile/profile';
import { type ConfigDraft, readConfigDraft, writeConfig } from '../profile/write-config';
import type { Iam, KeyUse } from './iam';
import { type Replaced, refuseOtherKey, replaceStatic } from './replacement';
import { restoreStatic } from './restoration';
import type { RetiredKey, RetiredKeys } from './retired-keys';
import { type StaticProfile, staticProfiles } from './static-profiles';

/** What retiring a key works on. */
export interface KeysWorld {
  readonly env: Env;
  now(): number;
  readonly iam: Iam;
  readonly retired: RetiredKeys;
  /** Where a retired key's secret waits for its deletion, or for a rollback. */
  secrets(): Promise<SecretStore>;
  /** A zsp profile's credentials, and where they may go. */
  credentials(profile: string): Promise<{ readonly session: Session; readonly endpoints: Endpoints }>;
  /** What credential_process of a profile runs. */
  processLine(profile: string): string;
  record(event: LedgerEvent): Promise<void>;
}

/**
 * The steps by which a key is retired. Each may be made again: what an interruption left half done, the next run ends, since
 * the list of retired keys is written first and cleared last.
 */

export function findStatic({ env }: KeysWorld): readonly StaticProfile[] {
  const { config, credentials } = drafts(env);
  return staticProfiles(config.text, credentials.text);
}

/** When IAM last saw the key, and whose it is. */
export async function lastUse(world: KeysWorld, accessKeyId: string, iamProfile: string): Promise<KeyUse> {
  const { session, endpoints } = await world.credentials(iamProfile);
  return world.iam.lastUse(endpoints, session, accessKeyId);
}

/** What the first step would do to the files. */
export function preview(world: KeysWorld, profile: string, by: string): Replaced {
  return replaced(world, drafts(world.env), profile, by);
}

/** zsp serves the profile; its secret moves from the files to the keychain. */
export async function replace(world: KeysWorld, key: RetiredKey): Promise<void> {
  const before = drafts(world.env);
  const held = staticProfiles(before.config.text, before.credentials.text).find(
    ({ name, accessKeyId }) => name === key.profile && accessKeyId === key.accessKeyId,
  );
  world.retired.put(key);
  if (!held) return;
  await (await world.secrets()).set(secretName(key.accessKeyId), held.secretAccessKey);
  const after = replaced(world, before, key.profile, key.replacedBy);
  writeAll(before, after);
  await record(world, 'key-replaced', key);
}

export async function deactivate(world: KeysWorld, key: RetiredKey): Promise<RetiredKey> {
  const { session, endpoints } = await world.credentials(key.iamProfile);
  await world.iam.setStatus(endpoints, session, key, 'Inactive');
  const deactivated = { ...key, deactivatedAt: new Date(world.now()).toISOString() };
  world.retired.put(deactivated);
  await record(world, 'key-deactivated', key);
  return deactivated;
}

/** For good: at AWS, in the keychain, and in the list. */
export async function remove(world: KeysWorld, key: RetiredKey): Promise<void> {
  const { session, endpoints } = await world.credentials(key.iamProfile);
  await world.iam.remove(endpoints, session, key);
  await record(world, 'key-deleted', key);
  await (await world.secrets()).delete(secretName(key.accessKeyId));
  world.retired.remove(key.accessKeyId);
}

/** The key is active again, and back in the files. */
export async function rollBack(world: KeysWorld, key: RetiredKey): Promise<void> {
  const secrets = await world.secrets();
  const secret = await secrets.get(secretName(key.accessKeyId));
  // Asked before the files lose what makes the profile a zsp profile: it may be the one that speaks to IAM.
  const { session, endpoints } = await world.credentials(key.iamProfile);
  await world.iam.setStatus(endpoints, session, key, 'Active');
  if (secret) {
    const before = drafts(world.env);
    refuseOtherKey(before.credentials.text, key.profile, key.accessKeyId);
    const files = { config: before.config.text, credentials: before.credentials.text };
    writeAll(before, restoreStatic(files, key, secret));
  }
  await record(world, 'key-reactivated', key);
  world.retired.remove(key.accessKeyId);
  await secrets.delete(secretName(key.accessKeyId));
}

/** The keychain item that holds a retired key's secret. */
export function secretName(accessKeyId: string): string {
  return `retired-key:${accessKeyId}`;
}

interface Drafts {
  readonly config: ConfigDraft;
  readonly credentials: ConfigDraft;
}

function drafts(env: Env): Drafts {
  return { config: readConfigDraft(env), credentials: readConfigDraft(env, credentialsPath(env)) };
}

function replaced(world: KeysWorld, { config, credentials }: Drafts, profile: string, by: string): Replaced {
  const files = { config: config.text, credentials: credentials.text };
  const { env, processLine } = world;
  return replaceStatic(files, { profile, by, line: processLine(profile), path: config.path, env });
}

/** The config first: should the second write fail, the profile still has its key. No copy is kept of a file with a secret in it. */
function writeAll(before: Drafts, after: { readonly config: string; readonly credentials: string }): void {
  if (after.config !== before.config.text) {
    writeConfig(before.config, after.config, { backup: !/aws_secret_access_key/i.test(before.config.text) });
  }
  if (after.credentials !== before.credentials.text) {
    writeConfig(before.credentials, after.credentials, { backup: false });
  }
}

/** What was done at AWS is done: a ledger that cannot be written is told of, and the steps go on with the next run. */
async function record(
  world: KeysWorld,
  event: 'key-replaced' | 'key-deactivated' | 'key-reactivated' | 'key-deleted',
  { profile, accessKeyId, userName }: RetiredKey,
): Promise<void> {
  await world.record({ event, profile, accessKeyId, user: userName });
}

/** Whole days, for `--days`. @throws ZspError `usage` */
export function parseDays(text: string): number {
  const days = Number(text);
  if (/^\d{1,3}$/.test(text) && days >= 1) return days;
  throw new ZspError('usage', `--days is not a number from 1 to 999: ${JSON.stringify(text.slice(0, 40))}`, {
    remedy: 'run: zsp keys migrate --help',
  });
}
