import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';

/** Where a Secret is opened is told in docs/security.md, whole and true, and stays little enough to be read in an hour. */

const root = resolve(__dirname, '../..');

const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => `src/${name.replaceAll('\\', '/')}`)
  .sort();
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const opens = (text: string) => /\.open\(\)/.test(text);

const told = [...read('docs/security.md').matchAll(/^\| `(src\/[^`]+)` \| (.+) \|$/gm)];

test('docs/security.md lists every file that opens a secret, and no other', () => {
  expect(told.map(([, path]) => path)).toEqual(sources.filter((path) => opens(read(path))));
});

test('and says of each what for', () => {
  for (const [, , reason = ''] of told) {
    expect(reason).toMatch(/^(stored|sent|signed with|printed|answered|given|compared|derived from|read): \S/);
  }
});

test('the files that open a secret are under 800 lines together', () => {
  const lines = told.map(([, path = '']) => read(path).trimEnd().split('\n').length);
  expect(lines.length).toBeGreaterThan(15);
  expect(lines.reduce((sum, each) => sum + each)).toBeLessThan(800);
});
