import { createHash } from 'node:crypto';
import type { Directory } from './directory';

export interface StoredObject {
  readonly body: Buffer;
  /** In quotes, as S3 sends it. */
  readonly etag: string;
  readonly lastModified: number;
  /** What PutObject said of it: `content-type`, `x-amz-meta-*`, … */
  readonly headers: Readonly<Record<string, string>>;
}

export interface StoredBucket {
  readonly accountId: string;
  readonly createdAt: number;
  /** By key. */
  readonly objects: Map<string, StoredObject>;
}

/** By name. */
export type Buckets = ReadonlyMap<string, StoredBucket>;

export function fillBuckets(directory: Directory, now: number): Buckets {
  return new Map(
    directory.buckets.map(({ name, accountId, objects }) => {
      const stored = Object.entries(objects).map(
        ([key, text]) => [key, newObject(Buffer.from(text), now, { 'content-type': 'binary/octet-stream' })] as const,
      );
      return [name, { accountId, createdAt: now, objects: new Map(stored) }] as const;
    }),
  );
}

export function newObject(body: Buffer, now: number, headers: Readonly<Record<string, string>>): StoredObject {
  const etag = `"${createHash('md5').update(body).digest('hex')}"`;
  return { body, etag, lastModified: Math.floor(now / 1000) * 1000, headers };
}

export interface Listing {
  readonly objects: readonly (readonly [string, StoredObject])[];
  readonly commonPrefixes: readonly string[];
  /** The last key or prefix listed, when there is more. */
  readonly next: string | undefined;
}

/** Keys in UTF-8 order after `after`, those with a common prefix rolled up. */
export function list(bucket: StoredBucket, prefix: string, delimiter: string, after: string, maxKeys: number): Listing {
  const objects: (readonly [string, StoredObject])[] = [];
  const commonPrefixes: string[] = [];
  const keys = [...bucket.objects.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  let last = after;
  for (const key of keys) {
    const object = bucket.objects.get(key);
    if (!object || !key.startsWith(prefix)) continue;
    const rolled = rollUp(key, prefix, delimiter);
    const alreadyRolledUp = rolled !== undefined && commonPrefixes.at(-1) === rolled;
    if (alreadyRolledUp || (rolled ?? key) <= after) continue;
    if (objects.length + commonPrefixes.length >= maxKeys) return { objects, commonPrefixes, next: last };
    if (rolled === undefined) objects.push([key, object]);
    else commonPrefixes.push(rolled);
    last = rolled ?? key;
  }
  return { objects, commonPrefixes, next: undefined };
}

function rollUp(key: string, prefix: string, delimiter: string): string | undefined {
  const at = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
  return at < 0 ? undefined : key.slice(0, at + delimiter.length);
}
