import { dirname } from 'node:path';
import { ZspError } from '../errors';
import { ensurePrivateDirectory, readRegularFile } from '../places';
import { replaceFile } from '../private-file';
import type { AccessKey } from './iam';

/** A key on its way out: what was done, so that the rest can follow, or be undone. No secret is in it. */
export interface RetiredKey extends AccessKey {
  readonly profile: string;
  /** The profile whose role serves `profile` now. */
  readonly replacedBy: string;
  /** The profile whose credentials speak to IAM. */
  readonly iamProfile: string;
  /** The keys that the profile's section of the config file was given. */
  readonly added: readonly string[];
  /** ISO 8601; absent while the key is still active. */
  readonly deactivatedAt?: string;
}

export interface RetiredKeys {
  all(): readonly RetiredKey[];
  /** Adds the key, or replaces what was known of it. */
  put(key: RetiredKey): void;
  remove(accessKeyId: string): void;
}

/** @param path a file of its own, 0600 @throws ZspError `storage_failed` */
export function createRetiredKeys(path: string): RetiredKeys {
  const all = () => parse(path, read(path));
  const write = (keys: readonly RetiredKey[]) => {
    ensurePrivateDirectory(dirname(path));
    replaceFile(path, `${JSON.stringify({ v: 1, keys }, undefined, 2)}\n`);
  };
  const others = (accessKeyId: string) => all().filter((key) => key.accessKeyId !== accessKeyId);
  return {
    all,
    put: (key) => write([...others(key.accessKeyId), key]),
    remove: (accessKeyId) => write(others(accessKeyId)),
  };
}

function read(path: string): string | undefined {
  try {
    return readRegularFile(path).toString();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw damaged(path, cause);
  }
}

/** To read less than there is would forget a key that is neither here nor there: so all of it is understood, or nothing is done. */
function parse(path: string, text: string | undefined): readonly RetiredKey[] {
  if (text === undefined) return [];
  try {
    const found = JSON.parse(text) as { readonly v?: unknown; readonly keys?: unknown } | null;
    if (found?.v === 1 && Array.isArray(found.keys) && found.keys.every(isRetiredKey)) return found.keys;
  } catch (cause) {
    throw damaged(path, cause);
  }
  throw damaged(path, undefined);
}

function isRetiredKey(value: unknown): value is RetiredKey {
  if (typeof value !== 'object' || value === null) return false;
  const { added, deactivatedAt, ...rest } = value as Readonly<Record<string, unknown>>;
  const texts = ['accessKeyId', 'userName', 'profile', 'replacedBy', 'iamProfile'].map((name) => rest[name]);
  const isDate = deactivatedAt === undefined || !Number.isNaN(Date.parse(String(deactivatedAt)));
  return texts.every((text) => typeof text === 'string') && Array.isArray(added) && isDate;
}

function damaged(path: string, cause: unknown): ZspError {
  return new ZspError('storage_failed', `${path}, which remembers the keys being retired, cannot be read`, {
    remedy: 'make it readable, or restore it from a backup; in IAM you see which keys are inactive',
    cause,
  });
}
