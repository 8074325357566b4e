import { realpathSync } from 'node:fs';
import { type Env, readRegularFile } from '../places';
import { configError } from './config-error';
import { configPath } from './settings';

export interface ConfigFile {
  /** Its real path. */
  readonly path: string;
  readonly text: string;
  readonly env: Env;
}

/** @throws ZspError `config_invalid` where there is none, or it cannot be read */
export function openConfigFile(env: Env): ConfigFile {
  const named = configPath(env);
  try {
    const path = realpathSync.native(named);
    return { path, text: readRegularFile(path).toString(), env };
  } catch (cause) {
    if (isAbsent(cause)) {
      const remedy = 'set up a sign-in and its profiles: zsp configure, or docs/profiles.md';
      throw configError({ file: named }, 'there is no such config file', remedy, cause);
    }
    throw configError(
      { file: named },
      `cannot be read (${reasonOf(cause)})`,
      `make ${named} a file you can read`,
      cause,
    );
  }
}

/** The same, where no file is as good as an empty one. */
export function findConfigFile(env: Env): ConfigFile {
  try {
    return openConfigFile(env);
  } catch (error) {
    if (error instanceof Error && isAbsent(error.cause)) return { path: configPath(env), text: '', env };
    throw error;
  }
}

export function reasonOf(cause: unknown): string {
  return (cause as NodeJS.ErrnoException).code ?? (cause as Error).message;
}

function isAbsent(cause: unknown): boolean {
  const { code } = cause as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
