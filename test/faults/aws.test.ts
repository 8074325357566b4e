import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Fault, FaultAction } from '../../src/sandbox/faults';
import { startSandbox } from '../../src/sandbox/server';
import { answerOf, deploy, dev, openStage, type Stage } from '../contract/stage';
import { newHome, type Run, runZsp } from '../support/zsp';
import { expectFailure, type Held, heldIn } from './held';

/** The shipped zsp against everything that AWS, or what stands in its place, can do wrong on the way of a miss. */

let stage: Stage;
let round = 0;
beforeAll(async () => {
  stage = await openStage();
  await stage.login();
  await stage.credentials('dev');
});
afterEach(() => {
  stage.sandbox.faults.length = 0;
});
afterAll(() => stage.close());

/** A profile that nothing is held for yet. */
function fresh(): string {
  round += 1;
  stage.configure({ dev, deploy: { ...deploy, zsp_role_session_name: `round-${round}` } });
  return 'deploy';
}

const hits = (action: FaultAction, operation: string, more: Partial<Fault> & { times?: number } = {}): Fault => ({
  match: { operation, ...(more.times === undefined ? {} : { times: more.times }) },
  action,
  ...(more.retryAfter === undefined ? {} : { retryAfter: more.retryAfter }),
});

const held = ({ env }: Pick<Stage, 'env'> = stage): Promise<Held> => heldIn('file', env);

/** Within the patience of every client, two lines, no secret, everything held as it was; and the next call is served. */
async function expectRefused(at: Stage, profile: string, words: RegExp): Promise<void> {
  const before = await held(at);
  const started = Date.now();
  const run: Run = await at.credentials(profile);
  expect(Date.now() - started).toBeLessThan(20_000);
  expectFailure(at, run, 7, words);
  expect(await held(at)).toEqual(before);
  at.sandbox.faults.length = 0;
  expect(answerOf(await at.credentials(profile)).AccessKeyId).toMatch(/^ASIA/);
}

test.each<[string, Fault[]]>([
  ['throttling that says when to come back', [hits('throttle', 'AssumeRole', { times: 1, retryAfter: 1 })]],
  ['one internal error', [hits('error500', 'AssumeRole', { times: 1 })]],
  ['an answer that stops in the middle', [hits('drop', 'AssumeRole', { times: 1 })]],
  ['one request that is never answered', [hits('hang', 'AssumeRole', { times: 1 })]],
])('%s costs time and nothing else', async (_what, faults) => {
  fresh();
  const before = await held();
  stage.sandbox.faults.push(...faults);
  const run = await stage.credentials('deploy');
  expect(run).toMatchObject({ status: 0, stderr: '' });
  const { 'credentials deploy': minted, ...others } = await held();
  expect({ ...before, ...others }).toEqual(before);
  expect(minted).not.toBe(before['credentials deploy']);
  expect(await stage.credentials('deploy')).toEqual(run);
});

test.each<[FaultAction, RegExp]>([
  ['throttle', /Throttling|TooManyRequests|slow_down/],
  ['error500', /InternalFailure/],
  ['drop', /connection dropped/],
  ['garbage', /not credentials/],
  ['html', /captive portal/],
  ['redirect', /captive portal/],
])('%s without end is exit 7, and over when it is over', async (action, words) => {
  fresh();
  stage.sandbox.faults.push(hits(action, 'AssumeRole'));
  await expectRefused(stage, 'deploy', words);
  expect(stage.sandbox.requests.filter(({ operation }) => operation === 'Unknown')).toEqual([]);
});

test('a portal that accepts and never answers is given up within the patience of every client', async () => {
  const away = await openStage();
  await away.login();
  away.sandbox.faults.push(hits('hang', 'GetRoleCredentials'));
  await expectRefused(away, 'dev', /no answer within|no time was left/);
  await away.close();
});

test.each([-10, 10])('a clock ten minutes off (%i) is corrected, and the answer is in our time', async (minutes) => {
  const shift = minutes * 60_000;
  const sandbox = await startSandbox({ autoApproveMs: 0, clock: () => Date.now() + shift });
  const home = newHome({ AWS_ENDPOINT_URL: sandbox.url });
  home.write('.aws/config', readFileSync(join(stage.home.path, '.aws/config'), 'utf8'));
  const { env } = home;
  expect((await runZsp(['login', 'corp', '--no-browser'], { env })).status).toBe(0);
  const answer = answerOf(await runZsp(['credential-process', '--profile', 'deploy'], { env }));
  const left = Date.parse(answer.Expiration) - Date.now();
  expect(left).toBeGreaterThan(59 * 60_000);
  expect(left).toBeLessThan(61 * 60_000);
  expect(Object.keys(await held(home))).toEqual(['credentials deploy', 'permission-set Developer', 'sign-in']);
  expect(answerOf(await runZsp(['credential-process', '--profile', 'deploy'], { env }))).toEqual(answer);
  home.cleanup();
  await sandbox.close();
});
