import { execFile } from 'node:child_process';
import { existsSync, readdirSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { answerOf, openStage, type Stage, start } from '../contract/stage';
import { needs } from '../support/needs';
import { launcher } from '../support/zsp';

/** Calls without a session wait for the one that makes it; what is noted of a session is a hint, and the keychain decides. */

// As it is shipped: it loads the turn only when there is one to take.
const crowd = createRequire(__filename)('../../dist/hot/crowd.js');
const { mayBeHeld, noteHeld, turnOf } = crowd as typeof import('../../src/hot/crowd');

const shell = needs('linux');

const args = ['--profile', 'deploy'];

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
  await stage.login();
});
afterEach(() => stage.close());

const held = () => join(stage.env.XDG_RUNTIME_DIR ?? '', 'zsp', 'held');

test('a call without a note waits for its turn, and is served what was made meanwhile', async () => {
  const turn = await turnOf(args, stage.env);
  const waiting = start(stage, ['credential-process', ...args]);
  let ended = false;
  void waiting.ended.then(() => {
    ended = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(ended).toBe(false);
  const asked = stage.sandbox.count('AssumeRole');
  expect(asked).toBe(0);

  turn?.end();
  const answer = answerOf(await waiting.ended);
  expect(mayBeHeld(args, stage.env)).toBe(true);
  expect(answerOf(await stage.credentials('deploy'))).toEqual(answer);
  expect(stage.sandbox.count('AssumeRole')).toBe(1);
});

test('a call with a note takes no turn', async () => {
  const first = answerOf(await stage.credentials('deploy'));
  const turn = await turnOf(args, stage.env);
  expect(turn?.waited).toBe(false);
  expect(answerOf(await stage.credentials('deploy'))).toEqual(first);
  turn?.end();
});

test('a note of nothing is forgotten, and the call makes a session', async () => {
  noteHeld(args, stage.env, Date.now() + 60_000);
  answerOf(await stage.credentials('deploy'));
  expect(stage.sandbox.count('AssumeRole')).toBe(1);
  expect(mayBeHeld(args, stage.env)).toBe(true);
});

test('without its note a held session is served, and noted again', async () => {
  const first = answerOf(await stage.credentials('deploy'));
  noteHeld(args, stage.env, 0);
  expect(mayBeHeld(args, stage.env)).toBe(false);
  expect(answerOf(await stage.credentials('deploy'))).toEqual(first);
  expect(mayBeHeld(args, stage.env)).toBe(true);
});

test('a logout leaves no note', async () => {
  answerOf(await stage.credentials('deploy'));
  expect(readdirSync(held())).toHaveLength(1);
  await stage.zsp(['logout', 'corp']);
  expect(existsSync(held())).toBe(false);
});

test('a place for notes that cannot be looked at is explained in two lines', async () => {
  const loop = join(stage.home.path, 'loop');
  symlinkSync(loop, loop);
  const { status, stdout, stderr } = await stage.credentials('deploy', { XDG_RUNTIME_DIR: loop });
  expect({ status, stdout }).toEqual({ status: 9, stdout: '' });
  expect(stderr).toMatch(/^zsp: [^\n]+\nzsp: hint: [^\n]+\n$/);
});

test.skipIf(shell.skip)(`an answer that cannot be written is an error, held or not${shell.why}`, async () => {
  const command = `${process.execPath} ${launcher} credential-process ${args.join(' ')} >/dev/full`;
  const run = () =>
    new Promise((resolve) => {
      execFile('sh', ['-c', command], { env: { ...stage.env } }, (error, _out, stderr) =>
        resolve([error?.code, stderr]),
      );
    });
  const failed = [9, 'zsp: cannot write the answer (ENOSPC)\nzsp: hint: check where the output goes\n'];
  expect(await run()).toEqual(failed);
  expect(await run()).toEqual(failed);
});
