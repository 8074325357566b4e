import { describe, expect, test } from 'vitest';
import { needs, onPath } from './needs';

const elsewhere = process.platform === 'win32' ? 'macos' : 'windows';

describe('needs', () => {
  test('nothing missing is no reason to skip', () => {
    expect(needs()).toEqual({ skip: false, why: '' });
  });

  test('what is missing is named in the reason', () => {
    expect(needs(elsewhere)).toEqual({ skip: true, why: ` (skipped: needs ${elsewhere})` });
  });

  test('another operating system is a reason to skip even where nothing may be skipped', () => {
    withEnv({ ZSP_NO_SKIP: '1' }, () => expect(needs(elsewhere).skip).toBe(true));
  });

  test.skipIf(needs('linux').skip)(`a missing package fails where nothing may be skipped${needs('linux').why}`, () => {
    withEnv({ ZSP_NO_SKIP: '1', PATH: '/nowhere' }, () => {
      expect(() => needs('dbus', 'keyctl')).toThrow('dbus-daemon, keyutils: add it to .ci/run');
    });
  });

  test('a command is found by its absolute path', () => {
    expect(onPath('node')).toMatch(/node(\.exe)?$/);
    expect(onPath('no-such-command')).toBeUndefined();
  });
});

function withEnv(changes: Readonly<Record<string, string>>, work: () => void): void {
  const before = { ...process.env };
  Object.assign(process.env, changes);
  try {
    work();
  } finally {
    for (const name of Object.keys(changes)) delete process.env[name];
    Object.assign(process.env, before);
  }
}
