import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { answerOf, openStage, type Stage, start, until } from './stage';

/** However many ask at once, AWS is asked once; and nobody waits for the dead. */

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
  await stage.login();
});
afterEach(() => stage.close());

const mint = ['credential-process', '--profile', 'deploy'];

test('twenty cold calls at once make one GetRoleCredentials and one AssumeRole, and all get its answer', async () => {
  const runs = await Promise.all(Array.from({ length: 20 }, () => stage.credentials('deploy')));
  expect(new Set(runs.map((run) => answerOf(run).AccessKeyId)).size).toBe(1);
  expect(runs.map(({ stderr }) => stderr).join('')).toBe('');
  const { sandbox } = stage;
  const asked = ['GetRoleCredentials', 'AssumeRole', 'GetCallerIdentity'].map((name) => sandbox.count(name));
  expect(asked).toEqual([1, 1, 1]);
});

test('a holder that is killed in the middle of a mint delays the others by under two seconds', async () => {
  const started = performance.now();
  answerOf(await stage.credentials('dev'));
  const ordinary = performance.now() - started;

  stage.sandbox.faults.push({ match: { operation: 'AssumeRole', times: 1 }, action: 'hang' });
  const holder = start(stage, mint);
  await until(() => stage.sandbox.count('AssumeRole') === 1, 'the holder to mint');
  const others = [1, 2, 3].map(() => start(stage, mint));
  await sleep(2 * ordinary);
  expect(others.map(({ child }) => child.exitCode)).toEqual([null, null, null]);

  const killed = performance.now();
  holder.child.kill('SIGKILL');
  const answers = await Promise.all(others.map(({ ended }) => ended));
  expect(performance.now() - killed).toBeLessThan(ordinary + 2_000);
  expect(new Set(answers.map((run) => answerOf(run).AccessKeyId)).size).toBe(1);
  expect(stage.sandbox.count('AssumeRole')).toBe(2);
  expect(stage.sandbox.count('GetRoleCredentials')).toBe(1);
});

test('eight calls with a dead token make one refresh, so that no rotated refresh token is used twice', async () => {
  stage.sandbox.revokeToken();
  const runs = await Promise.all(Array.from({ length: 8 }, () => stage.credentials('deploy')));
  expect(new Set(runs.map((run) => answerOf(run).AccessKeyId)).size).toBe(1);
  const refreshes = stage.sandbox.requests.filter(({ parameters }) => parameters.grantType === 'refresh_token');
  expect(refreshes.map(({ status }) => status)).toEqual([200]);
});
