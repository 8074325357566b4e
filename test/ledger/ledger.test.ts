import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { LedgerEntry, LedgerEvent } from '../../src/ledger/event';
import { readHead } from '../../src/ledger/head';
import { createLedger } from '../../src/ledger/ledger';
import { readLedger, verifyLedger } from '../../src/ledger/verification';
import { Secret } from '../../src/secret';
import { removeDirectory } from '../support/remove-directory';
import { memoryStore, turns } from './twins';

let home: string;
let file: string;
let store: ReturnType<typeof memoryStore>;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'zsp-ledger-'));
  file = join(home, 'state', 'ledger.jsonl');
  store = memoryStore();
});
afterEach(() => removeDirectory(home));

const noon = Date.UTC(2026, 0, 2, 12);
const open = (at = file) => createLedger({ file: at, lock: turns(), store, now: () => noon });
const refused = (reason: string): LedgerEvent => ({ event: 'refused', reason });
const issue: LedgerEvent = {
  event: 'issue',
  profile: 'deploy',
  roleArn: 'arn:aws:iam::444455556666:role/deploy',
  sessionName: 'alice@corp.com',
  accessKeyId: 'ASIAEXAMPLE',
  expiration: '2026-01-02T13:00:00Z',
  policyHash: 'ab'.repeat(32),
};

async function entries(): Promise<LedgerEntry[]> {
  const all: LedgerEntry[] = [];
  for await (const entry of readLedger(file)) all.push(entry);
  return all;
}
const verify = async () => verifyLedger(file, await readHead(store));
const text = () => readFileSync(file, 'utf8');

describe('a line', () => {
  test('is compact JSON: the event, its place, its time, and the hash of the line before', async () => {
    const ledger = open();
    await ledger.append(issue);
    await ledger.append(refused('no window'));
    const first =
      '{"v":1,"seq":1,"time":"2026-01-02T12:00:00.000Z","event":"issue","profile":"deploy",' +
      '"roleArn":"arn:aws:iam::444455556666:role/deploy","sessionName":"alice@corp.com","accessKeyId":"ASIAEXAMPLE",' +
      `"expiration":"2026-01-02T13:00:00Z","policyHash":"${'ab'.repeat(32)}","previous":"${'0'.repeat(64)}"}`;
    const second =
      '{"v":1,"seq":2,"time":"2026-01-02T12:00:00.000Z","event":"refused","reason":"no window",' +
      `"previous":"${sha256(first)}"}`;
    expect(text()).toBe(`${first}\n${second}\n`);
    expect(await verify()).toEqual({ entries: 2, findings: [] });
  });

  test('reads back as it was told', async () => {
    await open().append(issue);
    expect(await entries()).toEqual([{ ...issue, seq: 1, time: '2026-01-02T12:00:00.000Z', previous: '0'.repeat(64) }]);
  });

  test('holds nothing but the details it knows', async () => {
    await open().append({ ...issue, secretAccessKey: 'wJalrXUtn', argv: ['--password'] } as LedgerEvent);
    expect(text()).not.toMatch(/wJalrXUtn|password/);
  });

  test.each([
    ['a long reason is cut', 'x'.repeat(5000), 'x'.repeat(500)],
    ['an escape sequence is taken out', 'a\u001b[31mb', 'a [31mb'],
    ['a newline cannot begin a line', 'a\n{"v":1}', 'a {"v":1}'],
    ['bidi marks are taken out', 'a\u202egpj', 'a gpj'],
    ['a cut in a surrogate pair leaves no half', `${'x'.repeat(499)}😀`, `${'x'.repeat(499)} `],
  ])('%s', async (_, reason, expected) => {
    await open().append(refused(reason));
    expect(await entries()).toMatchObject([{ reason: expected }]);
    expect(await verify()).toEqual({ entries: 1, findings: [] });
  });

  test('never grows longer than the reader takes, whatever it is told', async () => {
    const longest = '"\u2028é€😀'.repeat(2000);
    const event = Object.fromEntries(
      [
        'profile',
        'ssoSession',
        'user',
        'roleArn',
        'accountId',
        'roleName',
        'sessionName',
        'sourceIdentity',
        'accessKeyId',
        'expiration',
        'policyHash',
        'reason',
        'windowId',
        'endsAt',
      ].map((name) => [name, longest]),
    );
    await open().append({ event: 'issue', ...event } as unknown as LedgerEvent);
    await open().append(refused('after'));
    expect(await verify()).toEqual({ entries: 2, findings: [] });
  });
});

describe('the file', () => {
  test('and its directory are its user’s alone', async () => {
    await open().append(issue);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(home, 'state')).mode & 0o777).toBe(0o700);
    chmodSync(file, 0o644);
    await open().append(issue);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test.each<[string, () => void]>([
    ['a directory is in its place', () => mkdirSync(file, { recursive: true })],
    ['a file is in its directory’s place', () => writeFileSync(join(home, 'state'), '')],
    [
      'a link is in its place',
      () => {
        mkdirSync(join(home, 'state'));
        symlinkSync(join(home, 'elsewhere'), file);
      },
    ],
    [
      'a pipe is in its place',
      () => {
        mkdirSync(join(home, 'state'));
        spawnSync('mkfifo', [file]);
      },
    ],
  ])('is not written, and says so, when %s', async (_, prepare) => {
    prepare();
    await expect(open().append(issue)).rejects.toMatchObject({ code: 'storage_failed', remedy: expect.any(String) });
  });

  const full = smallDisk();
  test.skipIf(full.reason)(`on a full disk is left as it was${full.reason ?? ''}`, async () => {
    const disk = full.mount(home);
    try {
      const ledger = open(join(disk, 'zsp', 'ledger.jsonl'));
      await ledger.append(issue);
      const before = readFileSync(join(disk, 'zsp', 'ledger.jsonl'));
      const refusals: unknown[] = [];
      for (let round = 0; round < 60 && refusals.length === 0; round++) {
        await ledger.append(refused('x'.repeat(500))).catch((error) => refusals.push(error));
      }
      expect(refusals).toMatchObject([{ code: 'storage_failed' }]);
      const after = readFileSync(join(disk, 'zsp', 'ledger.jsonl'));
      expect(after.subarray(0, before.length)).toEqual(before);
      expect(await verifyLedger(join(disk, 'zsp', 'ledger.jsonl'), await readHead(store))).toMatchObject({
        findings: [],
      });
      expect(after.at(-1)).toBe(10);
    } finally {
      spawnSync('umount', [disk]);
    }
  });
});

describe('a writer that was killed', () => {
  test('anywhere in its line leaves a file that verifies, and that the next one continues', async () => {
    await open().append(issue);
    const first = text();
    const head = headAt([first.trimEnd()]);
    await open().append(refused('killed'));
    const whole = text();
    for (let length = first.length; length < whole.length; length++) {
      writeFileSync(file, whole.slice(0, length));
      store.items.set('ledger-head', head);
      expect(await verify()).toEqual({ entries: 1, findings: [] });
      await open().append(refused('next'));
      expect(await verify()).toEqual({ entries: 2, findings: [] });
    }
  });

  test('before it told the keychain leaves a head that the next one heals', async () => {
    await open().append(issue);
    store.fail = true;
    await expect(open().append(refused('told to nobody'))).rejects.toThrow('locked');
    store.fail = false;
    expect(await verify()).toEqual({ entries: 2, findings: [] });
    await open().append(refused('next'));
    expect(await verify()).toEqual({ entries: 3, findings: [] });
  });

  test('at the very first line is healed too', async () => {
    await open().append(issue);
    store.items.clear();
    expect(await verify()).toEqual({ entries: 1, findings: [] });
    await open().append(issue);
    expect(await verify()).toEqual({ entries: 2, findings: [] });
  });
});

describe('a keychain that cannot be written', () => {
  test('stops the file at one line ahead', async () => {
    await open().append(issue);
    store.fail = true;
    for (let round = 0; round < 3; round++) await expect(open().append(issue)).rejects.toThrow('locked');
    expect(await entries()).toHaveLength(2);
    store.fail = false;
    expect(await verify()).toEqual({ entries: 2, findings: [] });
  });
});

describe('what was tampered with', () => {
  const lines = () => text().split('\n').slice(0, -1);
  const write = (to: readonly (string | undefined)[]) => writeFileSync(file, to.map((line) => `${line}\n`).join(''));
  const kinds: [string, (all: string[]) => void, string, number][] = [
    ['a changed line', (all) => write(all.with(2, all[2]?.replace('reason 3', 'reason x') ?? '')), 'changed', 3],
    ['a changed first line', (all) => write(all.with(0, all[0]?.replace('deploy', 'depl0y') ?? '')), 'changed', 1],
    ['a changed last line', (all) => write(all.with(5, all[5]?.replace('reason 6', 'reason x') ?? '')), 'changed', 6],
    ['a line made unreadable', (all) => write(all.with(2, '{')), 'unreadable', 3],
    ['a removed line', (all) => write(all.toSpliced(2, 1)), 'removed', 3],
    ['two removed lines', (all) => write(all.toSpliced(2, 2)), 'removed', 3],
    ['a removed beginning', (all) => write(all.slice(3)), 'removed', 1],
    ['two lines in another order', (all) => write([0, 2, 1, 3, 4, 5].map((at) => all[at])), 'reordered', 2],
    ['the first line at the end', (all) => write([1, 2, 3, 4, 5, 0].map((at) => all[at])), 'reordered', 1],
    ['a duplicated line', (all) => write([0, 1, 1, 2, 3, 4, 5].map((at) => all[at])), 'duplicated', 3],
    ['a duplicated last line', (all) => write([...all, all[5]]), 'duplicated', 7],
    ['a removed last line', (all) => write(all.slice(0, 5)), 'truncated', 6],
    ['everything removed', () => write([]), 'truncated', 1],
    ['the file removed', () => rmSync(file), 'truncated', 1],
    ['half a last line', () => truncateSync(file, text().length - 20), 'truncated', 6],
    ['only the last newline gone', () => truncateSync(file, text().length - 1), 'truncated', 6],
    ['garbage appended', () => appendFileSync(file, 'hello\n'), 'unreadable', 7],
    ['garbage appended without a newline', () => appendFileSync(file, 'hello'), 'unreadable', 7],
    ['zeros appended', () => appendFileSync(file, Buffer.alloc(100_000)), 'unreadable', 7],
    ['a very long line', (all) => write(all.toSpliced(3, 0, 'x'.repeat(1_000_000))), 'unreadable', 4],
  ];

  beforeEach(async () => {
    await open().append(issue);
    for (let at = 2; at <= 6; at++) await open().append(refused(`reason ${at}`));
  });

  test.each(kinds)('%s is found', async (_, tamper, kind, line) => {
    tamper(lines());
    expect((await verify()).findings[0]).toMatchObject({ kind, line, message: expect.stringMatching(/^line \d+: /) });
  });

  test.each(kinds.filter(([what]) => !/without a newline|zeros/.test(what)))(
    '%s is still found after the next append',
    async (_, tamper) => {
      tamper(lines());
      await open().append(refused('after'));
      expect((await verify()).findings).not.toEqual([]);
      expect((await entries()).at(-1)).toMatchObject({ reason: 'after', seq: 7 });
    },
  );

  test('an old copy put back is found, before and after the next append', async () => {
    const copy = text();
    for (let at = 7; at <= 9; at++) await open().append(refused(`reason ${at}`));
    writeFileSync(file, copy);
    expect((await verify()).findings).toMatchObject([{ kind: 'truncated', line: 7 }]);
    await open().append(refused('after'));
    expect((await verify()).findings).toMatchObject([{ kind: 'removed', line: 7 }]);
  });

  test('a keychain rolled back is found', async () => {
    store.items.set('ledger-head', headAt(lines().slice(0, 3)));
    expect((await verify()).findings).toMatchObject([{ kind: 'appended', line: 6 }]);
  });

  test('a file written anew, chain and all, is found', async () => {
    const { items } = store;
    store = memoryStore();
    rmSync(file);
    for (let at = 1; at <= 6; at++) await open().append(refused(`forged ${at}`));
    store.items.set('ledger-head', items.get('ledger-head') ?? expect.fail('no head'));
    expect((await verify()).findings).toMatchObject([{ kind: 'changed', line: 6 }]);
  });

  test('a keychain without a head is told as such, before and after the next append', async () => {
    store.items.clear();
    expect((await verify()).findings).toMatchObject([{ kind: 'head-missing', line: 6 }]);
    await open().append(refused('after'));
    expect((await verify()).findings).toMatchObject([{ kind: 'head-missing', line: 7 }]);
  });
});

function sha256(line: string): string {
  return createHash('sha256').update(line).digest('hex');
}

/** What the keychain holds once the last of these lines is written. */
function headAt(lines: readonly string[]): Secret {
  return new Secret(`{"v":1,"seq":${lines.length},"hash":"${sha256(lines.at(-1) ?? '')}"}`);
}

/** A disk of 16 KB, where this machine lets us have one. */
function smallDisk(): { readonly reason: string | undefined; mount(below: string): string } {
  const mount = (below: string) => {
    const disk = join(below, 'disk');
    mkdirSync(disk);
    const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=16k,mode=700', 'tmpfs', disk]);
    if (status !== 0) removeDirectory(disk);
    return status === 0 ? disk : '';
  };
  const probe = mkdtempSync(join(tmpdir(), 'zsp-disk-'));
  const disk = process.geteuid?.() === 0 ? mount(probe) : '';
  if (disk) spawnSync('umount', [disk]);
  removeDirectory(probe);
  return { reason: disk ? undefined : ' (skipped: needs root and leave to mount a tmpfs)', mount };
}
