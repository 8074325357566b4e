import { join } from 'node:path';
import { ZspError } from '../errors';
import { type Env, places, readRegularFile } from '../places';
import type { KeychainChoice } from '../profile/profile';

/** One real keychain; `auto` is settled. */
export type Backend = Exclude<KeychainChoice, 'auto'>;

const backends: Readonly<Record<Backend, true>> = {
  'secret-service': true,
  keychain: true,
  wincred: true,
  kernel: true,
  file: true,
};

/** The backend the first sign-in chose (ADR 0005), or undefined before there was one. @throws ZspError `keychain_unavailable` */
export function recordedBackend(env: Env, platform: NodeJS.Platform = process.platform): Backend | undefined {
  const path = recordPath(env, platform);
  const name = readRecord(path);
  if (name === undefined || Object.hasOwn(backends, name)) return name as Backend | undefined;
  throw new ZspError('keychain_unavailable', `${path} names no keychain that zsp knows`, {
    remedy: `remove ${path} and run zsp login`,
  });
}

/** A file of one word, no secret. */
export function recordPath(env: Env, platform: NodeJS.Platform): string {
  return join(places(env, platform).state, 'keychain');
}

function readRecord(path: string): string | undefined {
  try {
    return readRegularFile(path).toString().trim();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new ZspError('keychain_unavailable', `cannot read ${path}, which names the keychain`, {
      remedy: 'make the file readable, or remove it and run zsp login',
      cause,
    });
  }
}
