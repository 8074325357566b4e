import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { LedgerEntry } from '../../src/ledger/event';
import { readHead } from '../../src/ledger/head';
import { readLedger, verifyLedger } from '../../src/ledger/verification';
import { Secret } from '../../src/secret';
import { compile } from '../support/compiled';
import { removeDirectory } from '../support/remove-directory';
import { memoryStore } from './twins';

let compiled: ReturnType<typeof compile>;
let directory: string;
const children = new Set<ChildProcess>();

beforeAll(() => {
  compiled = compile();
});
afterAll(() => compiled.remove());
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'zsp-writers-'));
});
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
  removeDirectory(directory);
});

/** A process that writes `count` events; `written` fills with those whose append returned. */
function writer(count: number): { child: ChildProcess; written: string[] } {
  const script = join(__dirname, 'writer.cjs');
  const child = spawn(process.execPath, [script, compiled.directory, directory, String(count)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_EXTRA_CA_CERTS: undefined },
  });
  children.add(child);
  const written: string[] = [];
  child.stdout?.setEncoding('utf8').on('data', (lines: string) => written.push(...lines.trimEnd().split('\n')));
  return { child, written };
}

const file = () => join(directory, 'ledger.jsonl');

async function verify() {
  const store = memoryStore();
  store.items.set('ledger-head', new Secret(readFileSync(join(directory, 'head'), 'utf8')));
  return verifyLedger(file(), await readHead(store));
}

async function reasons(): Promise<(string | undefined)[]> {
  const all: LedgerEntry[] = [];
  for await (const entry of readLedger(file())) all.push(entry);
  return all.map(({ reason }) => reason);
}

test('fifty writers at once lose no line', { timeout: 120_000 }, async () => {
  const writers = Array.from({ length: 50 }, () => writer(4));
  await Promise.all(writers.map(({ child }) => once(child, 'close')));
  const written = writers.flatMap((each) => each.written);
  expect(written).toHaveLength(200);
  expect((await reasons()).toSorted()).toEqual(written.toSorted());
  expect(await verify()).toEqual({ entries: 200, findings: [] });
});

test('writers killed at any moment leave a file that verifies and has every line they were told is written', {
  timeout: 120_000,
}, async () => {
  const written: string[] = [];
  for (let round = 0; round < 15; round++) {
    const writers = [writer(10_000), writer(10_000)];
    await Promise.all(writers.map(({ child }) => child.stdout && once(child.stdout, 'data')));
    await sleep(Math.random() * 20);
    for (const { child } of writers) child.kill('SIGKILL');
    await Promise.all(writers.map(({ child }) => once(child, 'close')));
    written.push(...writers.flatMap((each) => each.written));
    expect((await verify()).findings).toEqual([]);
  }
  expect(await reasons()).toEqual(expect.arrayContaining(written));
});
