import { join } from 'node:path';
import { readNotes } from './note-file';

/** Why a credential-process failed: SDKs swallow what it says on stderr, so it is kept for `zsp status --last-error`. */
export interface LastError {
  /** ISO 8601. */
  readonly time: string;
  readonly profile: string;
  readonly code: string;
  readonly message: string;
  readonly remedy?: string;
}

/** Profiles remembered, and the longest text of each, in UTF-16 units. */
const most = 20;
const longest = 1000;

/** @param state the directory of `places(env).state` */
export function lastErrorsFile(state: string): string {
  return join(state, 'last-error.json');
}

/** The newest first, one a profile. */
export function readLastErrors(state: string): readonly LastError[] {
  return readNotes(lastErrorsFile(state)).filter(isLastError).slice(0, most);
}

/** @returns the errors with a new one, which takes the place of its profile's last */
export function withError(errors: readonly LastError[], error: LastError): readonly LastError[] {
  const { remedy, ...rest } = error;
  const cut = {
    ...rest,
    profile: error.profile.slice(0, longest),
    message: error.message.slice(0, longest),
    ...(remedy !== undefined && { remedy: remedy.slice(0, longest) }),
  };
  return [cut, ...errors.filter(({ profile }) => profile !== cut.profile)].slice(0, most);
}

function isLastError(value: unknown): value is LastError {
  const { time, profile, code, message, remedy } = (value ?? {}) as Partial<Record<keyof LastError, unknown>>;
  const texts = [time, profile, code, message, remedy ?? ''];
  return texts.every((text) => typeof text === 'string') && !Number.isNaN(Date.parse(time as string));
}
