import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { describe, expect, test } from 'vitest';

/**
 * Who may import whom (docs/architecture.md), checked on the compiled output: there `import type`, which is free everywhere,
 * has vanished. Outside packages are held to their rooms by noRestrictedImports in biome.json.
 */
const dist = resolve('dist');
const leaves = ['errors', 'duration', 'secret', 'places', 'private-file'];
const mayImport: Record<string, readonly string[]> = {
  policy: [],
  profile: ['policy'],
  keychain: ['profile'],
  lock: [],
  aws: ['profile'],
  ledger: [],
  notes: [],
  child: [],
  terminal: [],
  broker: ['policy', 'profile'],
  doctor: ['policy', 'profile'],
  keys: ['policy', 'profile'],
  commands: ['broker', 'child', 'doctor', 'keys', 'ledger', 'notes', 'policy', 'profile', 'terminal'],
  hot: [
    'profile',
    'keychain',
    'lock/turn',
    'notes/open-windows',
    'broker/freshness',
    'broker/answer',
    'broker/item-names',
    'broker/item-shape',
    'broker/shell-window',
  ],
  // One file with all that a hit always loads (bin/bundle.mjs): what it loads late is seen here, and is of other rooms.
  entry: ['hot', 'main', 'miss', 'commands/complete', 'keychain/read-sealed-item', 'lock/turn'],
};
const free = new Set(['main', 'miss', 'serve', 'world', 'ending', 'parts', 'manual', 'help', 'sandbox', ...leaves]);

function files(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return files(path);
    return path.endsWith('.js') ? [path] : [];
  });
}

function imports(file: string): string[] {
  const found = readFileSync(file, 'utf8').matchAll(/require\("(\.[^"]+)"\)/g);
  return [...found].map(([, target = '']) => inTree(resolve(dirname(file), target)));
}

const inTree = (path: string) => relative(dist, path).split(sep).join('/').replace(/\.js$/, '');

function roomOf(path: string): string {
  return path.split('/')[0] ?? '';
}

describe('arrows run one way', () => {
  const all = files(dist).map((path) => ({ path: inTree(path), to: imports(path) }));

  test('there is something to check', () => {
    expect(all.length).toBeGreaterThan(30);
  });

  test.each(all)('$path imports only what its room may', ({ path, to }) => {
    const room = roomOf(path);
    if (free.has(room)) return;
    const allowed = [...leaves, room, ...(mayImport[room] ?? [])];
    const strangers = to.filter((target) => !allowed.includes(roomOf(target)) && !allowed.includes(target));
    expect(strangers).toEqual([]);
  });

  test('the leaves import nothing but each other', () => {
    const strangers = all.filter(({ path }) => leaves.includes(path)).flatMap(({ to }) => to);
    expect(strangers.filter((target) => !leaves.includes(target))).toEqual([]);
  });
});
