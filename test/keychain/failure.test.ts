import { describe, expect, test } from 'vitest';
import { failureOf, keychainError, readFailure } from '../../src/keychain/failure';

const noReply =
  'Platform failure: DBus error: Did not receive a reply. Possible causes include: the remote application did not send a reply, the message bus security policy blocked the reply, the reply timeout expired, or the network connection was broken.';

describe('a keychain that does not answer', () => {
  test.each([
    ["Couldn't access platform storage: Secret Service: unlock prompt was dismissed", 40, 'locked'],
    ["Couldn't access platform storage: Secret Service: object locked", 10, 'locked'],
    ["Couldn't access platform storage: User interaction is not allowed.", 10, 'locked'],
    [noReply, 2005, 'silent'],
    [noReply, 1, 'denied'],
    [
      'Platform failure: DBus error: Rejected send message, 2 matched rules; type="method_call", sender=":1.0"',
      1,
      'denied',
    ],
    ["Couldn't access platform storage: User canceled the operation.", 900, 'denied'],
    [
      'Platform failure: DBus error: Failed to connect to socket /run/user/1/bus: No such file or directory',
      0,
      'not-running',
    ],
    [
      'Platform failure: DBus error: The name org.freedesktop.secrets was not provided by any .service files',
      3,
      'not-running',
    ],
    [
      'Platform failure: DBus error: Using X11 for dbus-daemon autolaunch was disabled at compile time, set your DBUS_SESSION_BUS_ADDRESS instead',
      0,
      'not-running',
    ],
    ['Platform failure: QuotaExceeded', 0, 'full'],
    ["Value of 'password' is invalid: rejected by the platform", 0, 'full'],
    ["Value of 'password encoded as UTF-16' is longer than the platform limit of 2560", 0, 'full'],
    ['something new', 0, 'broken'],
  ])('%s (%i ms): %s', (text, milliseconds, failure) => {
    expect(readFailure(text, milliseconds)).toBe(failure);
  });

  test.each([
    ['locked', 'keychain_unavailable'],
    ['denied', 'keychain_unavailable'],
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
