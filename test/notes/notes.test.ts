import { describe, expect, test } from 'vitest';
import { type LastError, withError } from '../../src/notes/last-errors';
import { type OpenWindow, promptWord } from '../../src/notes/open-windows';

const now = 1_000_000_000_000;
const here = '0123456789abcdef';
const open = (profile: string, minutes: number, more: Partial<OpenWindow> = {}): OpenWindow => ({
  id: `id-of-${profile}`,
  profile,
  endsAt: now + minutes * 60_000,
  everywhere: true,
  ssoSession: 'corp',
  ...more,
});

describe('the word of a prompt', () => {
  test.each([
    ['nothing is open', [], undefined, ''],
    ['one is', [open('deploy', 42)], undefined, 'deploy:42m'],
    ['it was just opened for an hour', [open('deploy', 59.99)], undefined, 'deploy:60m'],
    ['it ends within the minute', [open('deploy', 0.5)], undefined, 'deploy:30s'],
    ['it has ended', [open('deploy', 0)], undefined, ''],
    ['two are: the one that ends first', [open('a', 9), open('b', 3)], undefined, 'b:3m+1'],
    ['it is another shell that is elevated', [open('a', 9, { everywhere: false })], undefined, ''],
    ['it is this shell', [open('a', 9), open('b', 30, { everywhere: false, id: here })], `${here}:b`, 'b:30m+1'],
    ['the window of this shell has ended', [open('a', 9)], `${here}:b`, 'b:ended'],
    ['the name would mean something to a shell', [open('$(x) %F{red}', 9)], undefined, '??x???F?red?:9m'],
    ['the name is not Latin', [open('開発/a.b@c+d', 9)], undefined, '開発/a.b@c+d:9m'],
  ])('when %s', (_, windows, shell, expected) => {
    expect(promptWord(windows, shell, now)).toBe(expected);
  });
});

describe('the last errors', () => {
  const error = (profile: string, message = 'x'): LastError => ({
    time: '2026-01-02T03:04:05Z',
    profile,
    code: 'usage',
    message,
  });

  test('are the newest of each profile, twenty at most', () => {
    const many = Array.from({ length: 30 }, (_, at) => error(`p${at}`)).reduce<readonly LastError[]>(withError, []);
    expect(many.map(({ profile }) => profile)).toEqual(Array.from({ length: 20 }, (_, at) => `p${29 - at}`));
    expect(withError(many, error('p15', 'newer')).filter(({ profile }) => profile === 'p15')).toEqual([
      error('p15', 'newer'),
    ]);
  });

  test('are cut to a length that keeps the file small', () => {
    expect(withError([], error('p', 'x'.repeat(5000)))[0]?.message).toHaveLength(1000);
  });
});
