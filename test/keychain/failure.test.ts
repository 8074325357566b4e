import { describe, expect, test } from 'vitest';
import { failureOf, keychainError, readFailure } from '../../src/keychain/failure';

describe('a keychain that does not answer', () => {
  test.each([
    ['unlock prompt was dismissed', 'locked'],
    ['org.freedesktop.Secret.Error.IsLocked: Cannot get secret of a locked object', 'locked'],
    ["Couldn't access platform storage: User interaction is not allowed.", 'locked'],
    ['did not receive a reply', 'silent'],
    ['timed out', 'silent'],
    ['AccessDenied: the bus closed the connection', 'denied'],
    ['org.freedesktop.DBus.Error.AccessDenied: Rejected send message, 2 matched rules; type="method_call"', 'denied'],
    ["Couldn't access platform storage: User canceled the operation.", 'denied'],
    ['Failed to connect to socket', 'not-running'],
    ['NoServer: the bus has gone', 'not-running'],
    [
      'org.freedesktop.DBus.Error.ServiceUnknown: The name org.freedesktop.secrets was not provided by any .service files',
      'not-running',
    ],
    ['Platform failure: QuotaExceeded', 'full'],
    ["Value of 'password' is invalid: rejected by the platform", 'full'],
    ["Value of 'password encoded as UTF-16' is longer than the platform limit of 2560", 'full'],
    ['something new', 'broken'],
  ])('%s: %s', (text, failure) => {
    expect(readFailure(text)).toBe(failure);
  });

  test.each([
    ['locked', 'keychain_unavailable'],
    ['denied', 'keychain_unavailable'],
    ['no-default', 'keychain_unavailable'],
    ['silent', 'keychain_unavailable'],
    ['not-running', 'keychain_unavailable'],
    ['broken', 'keychain_unavailable'],
    ['full', 'storage_failed'],
  ] as const)('%s is %s, in one line and with a remedy', (failure, code) => {
    const error = keychainError('secret-service', failure, 'two\nlines \x1b[31m\u202e');
    expect(error).toMatchObject({
      code,
      message: expect.stringMatching(/^[\x20-\x7e]+$/),
      remedy: expect.stringMatching(/^[\x20-\x7e]+$/),
    });
    expect(failureOf(error)).toBe(failure);
  });
});
