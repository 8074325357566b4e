import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createLock } from '../../src/lock/lock';
import { lockFileName } from '../../src/lock/lock-file-name';
import { compile } from '../support/compiled';
import { needs } from '../support/needs';
import { removeDirectory } from '../support/remove-directory';

let compiled: ReturnType<typeof compile>;
let home: string;
let directory: string;
let log: string;
const children = new Set<ChildProcess>();

beforeAll(() => {
  compiled = compile();
});
afterAll(() => compiled.remove());
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'zsp-lock-'));
  directory = join(home, 'locks');
  log = join(home, 'log');
  writeFileSync(log, '');
});
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
  removeDirectory(home);
});

function contender(rounds: number, ...stay: ['stay'] | []): ChildProcess {
  const script = join(__dirname, 'contender.cjs');
  const child = spawn(process.execPath, [script, compiled.directory, directory, log, String(rounds), ...stay], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, NODE_EXTRA_CA_CERTS: undefined },
  });
  children.add(child);
  return child;
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(5);
}

const entered = () => readFileSync(log, 'utf8').startsWith('enter');

describe('between processes', () => {
  test('twenty processes, fifty rounds each, are never two at once', { timeout: 120_000 }, async () => {
    const storm = Array.from({ length: 20 }, () => contender(50));
    const ends = await Promise.all(storm.map((child) => once(child, 'exit')));
    expect(ends.map(([status]) => status)).toEqual(storm.map(() => 0));

    const steps = readFileSync(log, 'utf8').trimEnd().split('\n');
    expect(steps).toHaveLength(20 * 50 * 2);
    for (let at = 0; at < steps.length; at += 2) {
      const pid = steps[at]?.replace('enter ', '');
      expect(steps.slice(at, at + 2)).toEqual([`enter ${pid}`, `leave ${pid}`]);
    }
  });

  test('a holder killed with SIGKILL delays the next by less than 2 s', async () => {
    const holder = contender(1, 'stay');
    await until(entered);
    const next = createLock({ directory, waitMilliseconds: 20_000 })('storm', async () => performance.now());
    await sleep(50);
    const killed = performance.now();
    holder.kill('SIGKILL');
    expect((await next) - killed).toBeLessThan(2000);
  });

  test('a waiter gives up when its time is over, and says how long it waited', async () => {
    contender(1, 'stay');
    await until(entered);
    await expect(createLock({ directory, waitMilliseconds: 300 })('storm', async () => {})).rejects.toMatchObject({
      code: 'aws_unavailable',
      message: 'another zsp process has held storm for 1 s',
      remedy: expect.stringContaining('end it'),
    });
  });
});

describe('within a process', () => {
  const lockHere = () => createLock({ directory, waitMilliseconds: 5000 });

  test('callers of one name take turns', async () => {
    const lock = lockHere();
    const steps: string[] = [];
    const turn = (who: string) =>
      lock('credentials:dev', async () => {
        steps.push(`enter ${who}`);
        await sleep(5);
        steps.push(`leave ${who}`);
      });
    await Promise.all(['a', 'b', 'c', 'd'].map(turn));
    for (let at = 0; at < 8; at += 2) expect(steps[at + 1]).toBe(steps[at]?.replace('enter', 'leave'));
  });

  test('callers of different names do not wait for each other', async () => {
    const lock = lockHere();
    expect(await lock('a', () => lock('b', async () => 'inner'))).toBe('inner');
  });

  test('what the work returns is returned, what it throws is thrown, and both let go', async () => {
    const lock = lockHere();
    expect(await lock('a', async () => 42)).toBe(42);
    await expect(lock('a', () => Promise.reject(new Error('work failed')))).rejects.toThrow('work failed');
    expect(await lock('a', async () => 43)).toBe(43);
  });
});

describe('the lock directory', () => {
  const attempt = () => createLock({ directory, waitMilliseconds: 100 })('a', async () => 'held');

  test('is made for its user alone, and so are the files in it', async () => {
    await attempt();
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(readdirSync(directory)).toEqual([lockFileName('a')]);
    expect(statSync(join(directory, lockFileName('a'))).mode & 0o777).toBe(0o600);
  });

  test('is closed to others if it was open', async () => {
    mkdirSync(directory);
    chmodSync(directory, 0o777);
    await attempt();
    expect(statSync(directory).mode & 0o777).toBe(0o700);
  });

  const root = needs('root');
  const attacks: [string, ReturnType<typeof needs> | undefined, () => void][] = [
    [
      'a symbolic link',
      undefined,
      () => {
        mkdirSync(join(home, 'elsewhere'));
        symlinkSync('elsewhere', directory);
      },
    ],
    ['a file', undefined, () => writeFileSync(directory, '')],
    [
      'another user’s',
      root,
      () => {
        mkdirSync(directory);
        chownSync(directory, 12345, 12345);
      },
    ],
    [
      'below a file',
      undefined,
      () => {
        writeFileSync(join(home, 'file'), '');
        directory = join(home, 'file', 'locks');
      },
    ],
    [
      'one with a link in the lock file’s place',
      undefined,
      () => {
        mkdirSync(directory);
        symlinkSync(join(home, 'target'), join(directory, lockFileName('a')));
      },
    ],
  ];
  for (const [what, needed, prepare] of attacks) {
    test.skipIf(needed?.skip)(`is refused when it is ${what}${needed?.why ?? ''}`, async () => {
      prepare();
      await expect(attempt()).rejects.toMatchObject({ code: 'storage_failed', remedy: expect.any(String) });
      expect(existsSync(join(home, 'target'))).toBe(false);
      expect(existsSync(join(home, 'elsewhere', lockFileName('a')))).toBe(false);
    });
  }
});

describe('lock file names', () => {
  test.each([
    'credentials:/home/me/.aws/config:dev',
    '../../etc/passwd',
    'a/b\\c:d*e?f',
    'x'.repeat(5000),
    '.',
    '',
    'CON',
    'пр\u202eофиль\u0000',
  ])('%j stays in its directory on every platform', (name) => {
    expect(lockFileName(name)).toMatch(/^[A-Za-z0-9-]{0,40}\.[0-9a-f]{32}\.lock$/);
  });

  test('names that look alike do not share a file', () => {
    expect(lockFileName('a:b')).not.toBe(lockFileName('a/b'));
    expect(lockFileName('DEV').toLowerCase()).not.toBe(lockFileName('dev').toLowerCase());
  });
});
