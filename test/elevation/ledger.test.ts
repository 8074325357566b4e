import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launcher } from '../support/zsp';
import { openScene, profile, roleArn, type Scene } from './scene';

const many = Array.from({ length: 8 }, (_, index) => `many${index}`);

let scene: Scene;
let file: string;
beforeAll(async () => {
  const keys = { zsp_source_profile: 'dev', zsp_role_arn: roleArn('deploy') };
  scene = await openScene({ profiles: [...many, 'fresh'].map((name) => profile(name, keys)) });
  file = join(scene.home.path, '.local/state/zsp/ledger.jsonl');
});
afterAll(async () => scene?.close());

const lines = () => readFileSync(file, 'utf8').split('\n').slice(0, -1);

test('no argument of a program enters it, nor any other file, nor what zsp says', async () => {
  const marker = 'argument-that-is-nobodys-business';
  const command = ['--', process.execPath, '-e', 'process.exit(7)', marker];
  const assumed = await scene.zsp('assume', roleArn('audited'), '-p', 'dev', '--reason', 'because', ...command);
  const executed = await scene.zsp('exec', 'deploy', ...command);
  expect([assumed.status, executed.status]).toEqual([7, 7]);
  expect(assumed.stderr + executed.stderr).not.toContain(marker);
  expect((await scene.run('grep', ['-r', '-l', marker, '.'])).stdout).toBe('');
  const opened = (await scene.ledger()).find((one) => one.event === 'window-opened');
  expect(opened).toMatchObject({ profile: 'dev', roleArn: roleArn('audited'), reason: 'because' });
});

// Fifty writers at once are in test/ledger, where they need no whole zsp each.
test('what sixteen processes are given at once is all written down', { timeout: 90_000 }, async () => {
  const assume = ['assume', roleArn('audited'), '-p', 'dev', '--format', 'process'];
  const elevated = Array.from({ length: 8 }, () => scene.zsp(...assume));
  const issued = many.map((name) => scene.zsp('credential-process', '--profile', name));
  const ran = await Promise.all([...elevated, ...issued]);
  const given = ran.filter(({ status }) => status === 0).map(({ stdout }) => JSON.parse(stdout).AccessKeyId);
  expect(given.length).toBeGreaterThan(8);
  const recorded = (await scene.ledger()).filter((one) => one.event === 'issue').map((one) => one.accessKeyId);
  expect(recorded).toEqual(expect.arrayContaining(given));
  expect(new Set(recorded).size).toBe(recorded.length);
  expect(await scene.zsp('history', 'verify')).toMatchObject({ status: 0 });
});

test('a writer that is killed at any moment leaves a file that verifies', { timeout: 60_000 }, async () => {
  const args = [launcher, 'assume', roleArn('audited'), '-p', 'dev', '--format', 'json', '--reason', 'killed'];
  for (let round = 0; round < 8; round++) {
    const before = readFileSync(file).length;
    const child = spawn(process.execPath, args, { env: { ...scene.home.env }, stdio: 'ignore' });
    while (readFileSync(file).length === before && child.exitCode === null) await sleep(2);
    await sleep(Math.random() * 60);
    await killed(child);
    expect(await scene.zsp('history', 'verify')).toMatchObject({ status: 0, stderr: '' });
  }
  await scene.zsp('assume', 'admin', '--reason', 'the next writer heals what the killed one left');
  expect(await scene.zsp('history', 'verify')).toMatchObject({ status: 0, stderr: '' });
  await scene.zsp('drop', 'admin');
});

function killed(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || !child.kill('SIGKILL')) resolve();
    else child.once('exit', () => resolve());
  });
}

describe('verify says where', () => {
  const cases: readonly (readonly [string, (all: string[]) => string[], number, string])[] = [
    ['a reason was changed', (all) => all.with(4, (all[4] ?? '').replace('"event"', '"Event"')), 5, 'unreadable'],
    ['a time was changed', (all) => all.with(4, (all[4] ?? '').replace(/"time":"20/, '"time":"21')), 5, 'changed'],
    ['a line was removed', (all) => all.toSpliced(4, 1), 5, 'removed'],
    ['two lines changed places', (all) => all.with(4, all[5] ?? '').with(5, all[4] ?? ''), 5, 'reordered'],
    ['the end was cut off', (all) => all.slice(0, 6), 7, 'truncated'],
    ['all was removed', () => [], 1, 'truncated'],
  ];

  test.each(cases)('%s', async (_, tamper, line, kind) => {
    const good = readFileSync(file);
    writeFileSync(
      file,
      tamper(lines())
        .map((text) => `${text}\n`)
        .join(''),
    );
    const found = await scene.zsp('history', 'verify');
    writeFileSync(file, good);
    expect(found.status).toBe(10);
    expect(found.stdout).toMatch(new RegExp(`^line ${line}: (?!line)`, 'm'));
    expect(found.stderr).toContain(`the ledger does not verify: line ${line}, ${kind}\n`);
  });

  test('an old copy was put back, also when more was written to it since', async () => {
    const copy = `${file}.old`;
    copyFileSync(file, copy);
    await scene.zsp('assume', 'admin', '--duration', '15m');
    await scene.zsp('drop', 'admin');
    const line = readFileSync(copy, 'utf8').split('\n').length;
    copyFileSync(copy, file);
    expect((await scene.zsp('history', 'verify')).stderr).toContain(`line ${line}, truncated`);
    await scene.zsp('assume', 'admin', '--duration', '15m');
    await scene.zsp('drop', 'admin');
    const found = await scene.zsp('history', 'verify');
    expect(found).toMatchObject({ status: 10, stderr: expect.stringContaining(`line ${line}, removed`) });
  });
});

describe('where it cannot be written', () => {
  test('elevation is refused before AWS is asked, and ordinary profiles are served', async () => {
    renameSync(file, `${file}.away`);
    mkdirSync(file);
    const before = scene.assumed().length;
    for (const args of [['admin'], [roleArn('audited'), '-p', 'dev', '--format', 'json']]) {
      const refused = await scene.zsp('assume', ...args);
      expect(refused).toMatchObject({
        status: 9,
        stdout: '',
        stderr: expect.stringContaining('cannot write the ledger'),
      });
    }
    expect(scene.assumed()).toHaveLength(before);
    expect((await scene.zsp('credential-process', '--profile', 'admin')).status).toBe(8);
    await scene.serve('fresh');
    rmSync(file, { recursive: true });
    renameSync(`${file}.away`, file);
  });
});
