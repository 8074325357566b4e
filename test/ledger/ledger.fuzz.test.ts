import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseEntry } from '../../src/ledger/event';
import { readHead } from '../../src/ledger/head';
import { createLedger } from '../../src/ledger/ledger';
import { readLedger, verifyLedger } from '../../src/ledger/verification';
import { Secret } from '../../src/secret';
import { fuzz } from '../support/fuzz';
import { removeDirectory } from '../support/remove-directory';
import { memoryStore, turns } from './twins';

let home: string;
let file: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'zsp-ledger-fuzz-'));
  file = join(home, 'ledger.jsonl');
});
afterAll(() => removeDirectory(home));

const valid =
  '{"v":1,"seq":1,"time":"2026-01-02T12:00:00.000Z","event":"removed","previous":"0000000000000000000000000000000000000000000000000000000000000000"}';
const line = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.json(),
  fc.constant(valid),
  fc
    .tuple(fc.nat(valid.length), fc.string({ maxLength: 3 }))
    .map(([at, text]) => valid.slice(0, at) + text + valid.slice(at + 1)),
  fc
    .record({
      v: fc.constant(1),
      seq: fc.oneof(fc.nat(9), fc.double()),
      event: fc.constantFrom('removed', 'issue', '__proto__', 'constructor'),
      time: fc.oneof(fc.constant('2026-01-02'), fc.string()),
      previous: fc.constant('0'.repeat(64)),
      reason: fc.anything(),
    })
    .map((record) => JSON.stringify(record)),
);
const ledger = fc.oneof(
  fc.uint8Array({ maxLength: 500 }).map((bytes) => Buffer.from(bytes)),
  fc.array(line, { maxLength: 8 }).map((lines) => Buffer.from(lines.map((each) => `${each}\n`).join(''))),
);

test('fuzz: any bytes as a line are an entry or not, and an entry carries nothing a terminal obeys', () => {
  fc.assert(
    fc.property(line, (text) => {
      const entry = parseEntry(Buffer.from(text));
      expect(Object.values(entry ?? {}).join('')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    }),
    fuzz(),
  );
});

test('fuzz: any bytes as a ledger have findings or none, and are read without a crash', async () => {
  await fc.assert(
    fc.asyncProperty(ledger, fc.option(fc.nat(9), { nil: undefined }), async (bytes, seq) => {
      writeFileSync(file, bytes);
      const head = seq === undefined ? undefined : { seq, hash: 'f'.repeat(64) };
      const { entries, findings } = await verifyLedger(file, head);
      let readable = 0;
      for await (const _ of readLedger(file)) readable++;
      expect(readable).toBe(entries);
      expect(findings.length).toBeLessThanOrEqual(20);
      for (const { message } of findings) expect(message).toMatch(/^line \d+: [ -~]+$/);
    }),
    fuzz(),
  );
});

test('fuzz: any bytes as a ledger take another line, which is found or continued from', {
  timeout: 120_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(ledger, async (bytes) => {
      writeFileSync(file, bytes);
      const store = memoryStore();
      await createLedger({ file, lock: turns(), store, now: () => 0 }).append({ event: 'removed', reason: 'after' });
      const written = readFileSync(file, 'utf8').split('\n').at(-2) ?? '';
      expect(parseEntry(Buffer.from(written))).toMatchObject({ reason: 'after' });
      expect((await verifyLedger(file, await readHead(store))).findings).not.toContainEqual(
        expect.objectContaining({ kind: 'truncated' }),
      );
    }),
    { ...fuzz(), numRuns: Math.min(fuzz().numRuns ?? 300, 300) },
  );
});

test('fuzz: any bytes as the keychain’s head are a place in the chain or none', async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), async (text) => {
      const store = memoryStore();
      store.items.set('ledger-head', new Secret(text));
      expect(await readHead(store)).toBeUndefined();
    }),
    fuzz(),
  );
});
