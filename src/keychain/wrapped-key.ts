import { randomBytes, type ScryptOptions, scryptSync } from 'node:crypto';
import { join } from 'node:path';
import { seal, unseal } from './sealed-file';

/** The scrypt parameters of RFC 7914 §2, stored beside the key so that they can grow. */
const cost = { N: 2 ** 15, r: 8, p: 1 } as const;
/** No key file may ask for more memory than this: 128 · N · r bytes. */
const largestMemory = 256 * 1024 * 1024;

interface WrappedKey {
  readonly v: 1;
  readonly scrypt: { readonly N: number; readonly r: number; readonly p: number };
  readonly salt: string;
  readonly wrapped: string;
}

export function wrappedKeyPath(directory: string): string {
  return join(directory, 'key.json');
}

/** The key file's text: `key` sealed under scrypt(passphrase, random salt). */
export function wrapKey(key: string, passphrase: string): string {
  const salt = randomBytes(16);
  const wrapped = seal(derive(passphrase, salt, cost), wrapAccount(cost), key).toString('base64');
  return `${JSON.stringify({ v: 1, scrypt: cost, salt: salt.toString('base64'), wrapped } satisfies WrappedKey)}\n`;
}

/** The key, or why there is none: the passphrase is another one (a damaged key cannot be told from that), or the file is no key file. */
export function unwrapKey(text: string, passphrase: string): { key: string } | 'wrong-passphrase' | 'not-a-key-file' {
  const file = parseWrappedKey(text);
  if (!file) return 'not-a-key-file';
  const derived = derive(passphrase, Buffer.from(file.salt, 'base64'), file.scrypt);
  const key = unseal(derived, wrapAccount(file.scrypt), Buffer.from(file.wrapped, 'base64'));
  return key === undefined ? 'wrong-passphrase' : { key };
}

/** Reads a key file; undefined unless it is one whose derivation is affordable. */
export function parseWrappedKey(text: string): WrappedKey | undefined {
  try {
    const file = JSON.parse(text) as Partial<WrappedKey> | null;
    if (file?.v !== 1 || typeof file.salt !== 'string' || typeof file.wrapped !== 'string') return undefined;
    return file.scrypt && isAffordable(file.scrypt) ? (file as WrappedKey) : undefined;
  } catch {
    return undefined;
  }
}

function isAffordable({ N, r, p }: WrappedKey['scrypt']): boolean {
  if (![N, r, p].every((value) => Number.isInteger(value) && value > 0)) return false;
  return N > 1 && Number.isInteger(Math.log2(N)) && 128 * N * r <= largestMemory && p <= 4;
}

function derive(passphrase: string, salt: Buffer, parameters: WrappedKey['scrypt']): Buffer {
  const { N, r, p } = parameters;
  const options: ScryptOptions = { N, r, p, maxmem: 128 * N * r + 128 * r * p + 1024 * 1024 };
  return scryptSync(passphrase.normalize('NFC'), salt, 32, options);
}

function wrapAccount({ N, r, p }: WrappedKey['scrypt']): string {
  return `data key under scrypt ${N} ${r} ${p}`;
}
