import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openScene, roleArn, type Scene } from './scene';

const managed = 'arn:aws:iam::444455556666:policy/artifacts-read';

const allowing = (...buckets: string[]) => ({
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Action: 's3:ListBucket', Resource: buckets.map((bucket) => `arn:aws:s3:::${bucket}`) },
  ],
});

let scene: Scene;
beforeAll(async () => {
  scene = await openScene();
});
afterAll(async () => scene?.close());

/** 90 seconds of the admin role, as printed for a program: what was handed out cannot be called back, so AWS must end it. */
async function ninetySeconds(...flags: readonly string[]) {
  const args = ['assume', roleArn('admin'), '-p', 'dev', '--duration', '90s', '--format', 'process', ...flags];
  const { status, stdout, stderr } = await scene.zsp(...args);
  expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
  return { given: JSON.parse(stdout), stderr, sent: scene.assumed().at(-1) ?? {} };
}

const statements = (policy = '{}') => JSON.parse(policy).Statement;
const deny = { Effect: 'Deny', Action: '*', Resource: '*', Condition: { DateGreaterThan: expect.anything() } };

describe('a session of 90 seconds, which STS does not give', () => {
  test('is refused at 90 seconds, with nothing but the fence in its session policy', async () => {
    const { given, sent, stderr } = await ninetySeconds();
    expect(sent.DurationSeconds).toBe('900');
    expect(statements(sent.Policy)).toEqual([{ Effect: 'Allow', Action: '*', Resource: '*' }, deny]);
    expect(stderr).toContain('asked for 1m 30s: STS gives 15m at least; a fence ends it on time');
    const asked = Date.parse(given.Expiration);
    scene.clock.aws = (asked - Date.now()) / 1000 - 1;
    expect(await scene.list('artifacts', given)).toBe('200');
    scene.clock.aws += 2;
    expect(await scene.list('artifacts', given)).toBe('AccessDenied');
    scene.clock.aws = 0;
  });

  test('keeps its inline policy', async () => {
    const policy = allowing('artifacts');
    const { given, sent } = await ninetySeconds('--policy', JSON.stringify(policy));
    expect(statements(sent.Policy)).toEqual([...policy.Statement, deny]);
    expect(await scene.list('artifacts', given)).toBe('200');
    expect(await scene.list('secrets', given)).toBe('AccessDenied');
    scene.clock.aws = 91;
    expect(await scene.list('artifacts', given)).toBe('AccessDenied');
    scene.clock.aws = 0;
  });

  test('keeps its managed policies, which the fence does not widen', async () => {
    const { given, sent } = await ninetySeconds('--policy-arn', managed);
    expect(statements(sent.Policy)).toEqual([deny]);
    expect(sent['PolicyArns.member.1.arn']).toBe(managed);
    expect(await scene.list('artifacts', given)).toBe('200');
    expect(await scene.list('secrets', given)).toBe('AccessDenied');
    scene.clock.aws = 91;
    expect(await scene.list('artifacts', given)).toBe('AccessDenied');
    scene.clock.aws = 0;
  });
});

describe('the 2,048 characters of a session policy', () => {
  const withoutFence = JSON.stringify(allowing('artifacts', '')).length;
  const fence = `,${JSON.stringify({ ...deny, Condition: { DateGreaterThan: { 'aws:CurrentTime': '2026-01-02T03:04:05Z' } } })}`;
  const policyOf = (fenced: number) =>
    JSON.stringify(allowing('artifacts', 'x'.repeat(fenced - withoutFence - fence.length)));

  test('are all there to be used', async () => {
    const { given, sent } = await ninetySeconds('--policy', policyOf(2048));
    expect(sent.Policy).toHaveLength(2048);
    expect(await scene.list('artifacts', given)).toBe('200');
  });

  test.each(['90s', '1h', '4h'])(
    'are the fence’s too: one more, and for %s nothing is minted or opened',
    async (time) => {
      const before = { requests: scene.sandbox.requests.length, ledger: (await scene.ledger()).length };
      const args = ['assume', roleArn('admin'), '-p', 'dev', '--duration', time, '--format', 'json'];
      const { status, stdout, stderr } = await scene.zsp(...args, '--policy', policyOf(2049));
      expect({ status, stdout }).toEqual({ status: 3, stdout: '' });
      expect(stderr).toContain('has 2049 characters with the fence that ends it in time, 1 too many');
      expect({ requests: scene.sandbox.requests.length, ledger: (await scene.ledger()).length }).toEqual(before);
    },
  );
});

describe('a clock that is ten minutes off', () => {
  const cases = [
    ['behind', 600, 'since the sign-in'],
    ['ahead', -600, 'since the sign-in'],
    ['behind', 600, 'since a moment ago'],
    ['ahead', -600, 'since a moment ago'],
  ] as const;

  test.each(cases)(
    '%s, by %i s, %s: the fence is in AWS’s time, what is printed in this machine’s',
    async (_, off, when) => {
      if (when === 'since the sign-in') scene.clock.aws = off;
      await scene.zsp('login', '--force', '--no-browser');
      await ninetySeconds();
      scene.clock.aws = off;
      const before = Date.now();
      const { given, stderr } = await ninetySeconds();
      const after = Date.now();
      const end = Date.parse(given.Expiration);
      expect(end).toBeGreaterThanOrEqual(before + 89_000);
      expect(end).toBeLessThanOrEqual(after + 91_000);
      expect(stderr).toContain(`until ${new Date(end).toISOString().slice(11, 16)} (in 2m)`);
      const left = (end - Date.now()) / 1000;
      // The skew is told by a header of whole seconds, and by an answer that was under way.
      scene.clock.aws = off + left - 3;
      expect(await scene.list('artifacts', given)).toBe('200');
      scene.clock.aws = off + left + 3;
      expect(await scene.list('artifacts', given)).toBe('AccessDenied');
      scene.clock.aws = 0;
    },
  );
});
