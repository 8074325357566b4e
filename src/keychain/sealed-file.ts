import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { type Env, places, readRegularFile } from '../places';
import type { Backend } from './recorded-backend';

const version = 1;
const ivLength = 12;
const tagLength = 16;
const headerLength = 1 + ivLength + tagLength;

/** The account name under which a store holds the data key, base64. */
export const dataKeyAccount = 'data-key';

/** Where a backend's sealed items live: each has its own data key, so each has its own directory. */
export function sealedDirectory(backend: Backend, env: Env, platform: NodeJS.Platform = process.platform): string {
  return join(places(env, platform).runtime, 'sealed', backend);
}

/** The sealed file of an account: a hash, since account names hold characters that file systems do not. */
export function sealedPath(directory: string, account: string): string {
  return join(directory, `${createHash('sha256').update(account).digest('hex')}.sealed`);
}

/** The 32 bytes a data key's text stands for, or undefined if it is none. */
export function readDataKey(text: string): Buffer | undefined {
  const key = Buffer.from(text, 'base64');
  return key.length === 32 ? key : undefined;
}

/**
 * AES-256-GCM (NIST SP 800-38D) with a random IV: version, IV, tag, ciphertext. The version and the account name are
 * authenticated too, so that two files cannot be exchanged.
 */
export function seal(key: Buffer, account: string, text: string): Buffer {
  const iv = randomBytes(ivLength);
  const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: tagLength }).setAAD(additionalData(account));
  const ciphertext = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([Buffer.of(version), iv, cipher.getAuthTag(), ciphertext]);
}

/** What `seal` sealed; undefined for anything else: another key, another account, a flipped bit, a cut file. */
export function unseal(key: Buffer, account: string, sealed: Buffer): string | undefined {
  if (sealed.length < headerLength || sealed[0] !== version) return undefined;
  const iv = sealed.subarray(1, 1 + ivLength);
  const tag = sealed.subarray(1 + ivLength, headerLength);
  const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: tagLength });
  decipher.setAAD(additionalData(account)).setAuthTag(tag);
  try {
    return Buffer.concat([decipher.update(sealed.subarray(headerLength)), decipher.final()]).toString('utf8');
  } catch {
    return undefined;
  }
}

/** The file's bytes, or undefined where there is none. @throws the file system's error on anything else */
export function readIfPresent(path: string): Buffer | undefined {
  try {
    return readRegularFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function additionalData(account: string): Buffer {
  return Buffer.from(`zsp sealed item ${version}\0${account}`);
}
