import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { browserCommand, isRemote, openBrowser } from '../../src/terminal/browser';
import { splitCommand } from '../../src/terminal/command-line';
import { removeDirectory } from '../support/remove-directory';

const url = 'https://device.sso.eu-west-1.amazonaws.com/?user_code=ABCD-EFGH';
const desktop = { env: { DISPLAY: ':0' }, platform: 'linux', exists: () => false } as const;

describe('which browser', () => {
  test.each([
    ['a Linux desktop', desktop, ['xdg-open', url]],
    ['Wayland', { ...desktop, env: { WAYLAND_DISPLAY: 'wayland-0' } }, ['xdg-open', url]],
    ['macOS', { ...desktop, platform: 'darwin' as const }, ['/usr/bin/open', url]],
    ['Windows', { ...desktop, platform: 'win32' as const }, ['rundll32.exe', 'url.dll,FileProtocolHandler', url]],
    ['no display', { ...desktop, env: {} }, undefined],
    ['SSH with X forwarding', { ...desktop, env: { DISPLAY: ':10', SSH_CONNECTION: '::1 1 ::1 22' } }, undefined],
    ['SSH to a Mac', { ...desktop, platform: 'darwin' as const, env: { SSH_TTY: '/dev/ttys1' } }, undefined],
    ['WSL', { ...desktop, env: { DISPLAY: ':0', WSL_DISTRO_NAME: 'Debian' } }, undefined],
    ['a container', { ...desktop, exists: (path: string) => path === '/.dockerenv' }, undefined],
    [
      'an own command, even over SSH',
      { ...desktop, env: { SSH_TTY: '/dev/pts/1' }, command: 'open-here {url}' },
      ['open-here', url],
    ],
    [
      'an own command with quotes',
      { ...desktop, command: '"/opt/my browser" --app={url}' },
      ['/opt/my browser', `--app=${url}`],
    ],
  ])('%s', (_, surroundings, expected) => {
    expect(browserCommand(url, surroundings)).toEqual(expected);
  });

  test.each([
    ['http://a.example/'],
    ['file:///etc/passwd'],
    ['-flag'],
    ['https://user:pw@a.example/'],
    ['javascript:1'],
  ])('%s is opened nowhere', (bad) => {
    expect(() => browserCommand(bad, desktop)).toThrow('only sent to https');
  });

  test('loopback may be http', () => {
    expect(browserCommand('http://127.0.0.1:4566/device', desktop)).toEqual([
      'xdg-open',
      'http://127.0.0.1:4566/device',
    ]);
  });

  test('an own command must say where the URL goes', () => {
    expect(() => browserCommand(url, { ...desktop, command: 'firefox' })).toThrow('no {url}');
  });
});

test.each([
  ['a Linux desktop', desktop, false],
  ['macOS', { ...desktop, platform: 'darwin' as const, env: {} }, false],
  ['Windows', { ...desktop, platform: 'win32' as const, env: {} }, false],
  ['SSH', { ...desktop, env: { DISPLAY: ':10', SSH_CONNECTION: '::1 1 ::1 22' } }, true],
  [
    'SSH, with a command that opens URLs on the other machine',
    { ...desktop, env: { SSH_TTY: '1' }, command: 'x {url}' },
    true,
  ],
  ['WSL', { ...desktop, env: { DISPLAY: ':0', WSL_DISTRO_NAME: 'Debian' } }, true],
  ['no display', { ...desktop, env: {} }, true],
  ['a container', { ...desktop, exists: (path: string) => path === '/run/.containerenv' }, true],
])('%s: whether a browser could not come back to us', (_, surroundings, expected) => {
  expect(isRemote(surroundings)).toBe(expected);
});

describe('openBrowser', () => {
  test('hands the URL over as one argument, without a shell and without our environment', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'zsp-browser-'));
    onTestFinished(() => removeDirectory(directory));
    const seen = join(directory, 'seen.json');
    const script = join(directory, 'browser.js');
    writeFileSync(
      script,
      `require('fs').writeFileSync(process.argv[2], JSON.stringify([process.argv.slice(3), process.env.AWS_PROFILE ?? null, process.env.KEPT]))`,
    );
    const tricky = 'https://a.example/?a=$(touch+pwned)&b=`id`;c';
    const opened = await openBrowser(tricky, {
      ...desktop,
      env: { ...process.env, AWS_PROFILE: 'dev', KEPT: 'yes' },
      command: `"${process.execPath}" "${script}" "${seen}" {url}`,
    });
    expect(opened).toBe(true);
    expect(JSON.parse(readFileSync(seen, 'utf8'))).toEqual([[tricky], null, 'yes']);
  });

  test.each([
    ['does not exist', 'no-such-browser-anywhere {url}'],
    ['fails at once', `"${process.execPath}" -e process.exit(3) {url}`],
  ])('is false where the browser %s', async (_, command) => {
    expect(await openBrowser(url, { ...desktop, env: process.env, command })).toBe(false);
  });

  test('is false where there is none', async () => {
    expect(await openBrowser(url, { ...desktop, env: {} })).toBe(false);
  });
});

describe('splitCommand', () => {
  test.each([
    ['a b  c', ['a', 'b', 'c']],
    ['"a b" c', ['a b', 'c']],
    [`--x='1 2'`, ['--x=1 2']],
    ['a "" b', ['a', '', 'b']],
    ['C:\\Program\\x.exe {url}', ['C:\\Program\\x.exe', '{url}']],
    ['', []],
  ])('%s', (text, expected) => {
    expect(splitCommand(text)).toEqual(expected);
  });

  test('an open quote is an error', () => {
    expect(() => splitCommand('a "b')).toThrow('not closed');
  });
});
