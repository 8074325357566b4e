import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { createLease } from '../../src/lock/lease';
import { compile } from '../support/compiled';
import { removeDirectory } from '../support/remove-directory';

let compiled: ReturnType<typeof compile>;
let directory: string;
const children = new Set<ChildProcess>();

beforeAll(() => {
  compiled = compile();
});
afterAll(() => compiled.remove());
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'zsp-lease-'));
});
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
  removeDirectory(directory);
});

/** A process that takes the lease, says whether it got it, and stays. */
async function taker(): Promise<{ child: ChildProcess; answer: string }> {
  const script = `
    const { createLease } = require(process.argv[1] + '/lock/lease.js');
    createLease({ directory: process.argv[2] }).take('login').then((release) => console.log(release ? 'taken' : 'refused'));
    setTimeout(() => {}, 600_000);`;
  const child = spawn(process.execPath, ['-e', script, compiled.directory, directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.add(child);
  const [answer] = await once(child.stdout, 'data');
  return { child, answer: String(answer).trim() };
}

test('one process takes it; another is refused, sees it held, and sees it free after SIGKILL', async () => {
  const first = await taker();
  expect(first.answer).toBe('taken');
  expect((await taker()).answer).toBe('refused');
  const lease = createLease({ directory });
  expect(await lease.take('login')).toBeUndefined();
  expect(await lease.wait('login', 200)).toBe(false);

  const free = lease.wait('login', 10_000);
  first.child.kill('SIGKILL');
  expect(await free).toBe(true);
});

test('it is free again once released, and releasing twice does not free the next holder', async () => {
  const lease = createLease({ directory });
  const release = await lease.take('login');
  expect(await lease.take('login')).toBeUndefined();
  release?.();
  const next = await lease.take('login');
  expect(next).toBeTypeOf('function');
  release?.();
  expect(await lease.take('login')).toBeUndefined();
});

test('names are independent', async () => {
  const lease = createLease({ directory });
  await lease.take('login:a');
  expect(await lease.take('login:b')).toBeTypeOf('function');
  expect(await lease.wait('login:c', 0)).toBe(true);
});

test('processes that look do not make a taker believe that it is taken', async () => {
  const lease = createLease({ directory });
  const watching = Array.from({ length: 20 }, async () => {
    for (let round = 0; round < 10; round++) await lease.wait('login', 2000);
  });
  for (let round = 0; round < 30; round++) {
    const release = await lease.take('login');
    expect(release).toBeTypeOf('function');
    await sleep(1);
    release?.();
  }
  await Promise.all(watching);
});
