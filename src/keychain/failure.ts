import { ZspError } from '../errors';
import type { Backend } from './recorded-backend';

/** What a keychain can answer besides a value and "no such item". */
export type Failure = 'locked' | 'denied' | 'silent' | 'not-running' | 'no-default' | 'full' | 'broken';

const names: Readonly<Record<Backend, string>> = {
  'secret-service': 'the Secret Service keyring',
  keychain: 'the macOS Keychain',
  wincred: 'the Windows Credential Manager',
  kernel: 'the kernel keyring',
  file: 'the file keychain',
};

const otherChoice = 'or set zsp_keychain = file in the [sso-session]';

const explanations: Readonly<Record<Failure, readonly [says: string, remedy: string]>> = {
  locked: ['is locked', `unlock it (log in to the desktop, or open its password manager), ${otherChoice}`],
  denied: ['denied access', `allow zsp to use it, as the user who owns it, ${otherChoice}`],
  silent: [
    'did not answer in time',
    `answer its prompt if it shows one, or restart it, then run the command again; ${otherChoice}`,
  ],
  'not-running': ['is not running', `start the keyring, ${otherChoice}`],
  'no-default': [
    'has no default keyring',
    `make one in its password manager (Passwords and Keys: New, Password Keyring, Set as Default), ${otherChoice}`,
  ],
  full: ['has no room left', `remove items from it, ${otherChoice}`],
  broken: ['failed', `run zsp doctor, ${otherChoice}`],
};

/** The first match counts. The texts are those of keyring-core, dbus-daemon, gnome-keyring, macOS's Security framework, and dbus.ts. */
const texts: readonly (readonly [RegExp, Failure])[] = [
  [/prompt (was )?dismissed|IsLocked|interaction is not allowed|keychain is locked/i, 'locked'],
  [/QuotaExceeded|longer than the platform limit|rejected by the platform|no space left/i, 'full'],
  [/Failed to connect to socket|not provided by any|ServiceUnknown|NoServer/i, 'not-running'],
  [
    /AccessDenied|Rejected send|permission denied|EACCES|user canceled|passphrase you entered is not correct/i,
    'denied',
  ],
  [/does not exist at path|No such object path|NoSuchObject|UnknownObject/i, 'no-default'],
  [/receive a reply|timed ?out|timeout/i, 'silent'],
];

/** Reads an error's text, which is all that the binding gives, and most of what a bus does. */
export function readFailure(text: string): Failure {
  return texts.find(([pattern]) => pattern.test(text))?.[1] ?? 'broken';
}

/** The error a user sees: `storage_failed` for a full keychain, else `keychain_unavailable`. Nothing of an item is in it. */
export function keychainError(backend: Backend, failure: Failure, text?: string): ZspError {
  const [says, remedy] = explanations[failure];
  const detail = failure === 'broken' && text ? ` (${printable(text)})` : '';
  const code = failure === 'full' ? 'storage_failed' : 'keychain_unavailable';
  return new ZspError(code, `${names[backend]} ${says}${detail}`, { remedy, cause: { failure } });
}

/** Which of the failures an error stands for, if it is one of ours. */
export function failureOf(error: unknown): Failure | undefined {
  if (!(error instanceof ZspError) || typeof error.cause !== 'object') return undefined;
  return (error.cause as { failure?: Failure } | null)?.failure;
}

function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]+/g, ' ').slice(0, 120);
}
