import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { needs } from './support/needs';
import { type Home, newHome, runZsp } from './support/zsp';

let home: Home;
beforeAll(() => {
  home = newHome();
});
afterAll(() => home.cleanup());

const left = () => readdirSync(tmpdir()).filter((name) => name.startsWith('zsp-demo-'));

/** Plays the demo, its programs from `path`. */
async function play(path: Readonly<Record<string, string>>) {
  const before = left();
  const { status, stdout, stderr } = await runZsp(['demo'], { env: { ...home.env, ...path }, timeout: 80_000 });
  expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringContaining('To sign in to corp') });
  expect(stdout).toMatch(/AWS gave out \d+ secrets\. Searched \d+ files of this home for each: none found\./);
  expect(left()).toEqual(before);
  return { stdout, stderr };
}

describe('zsp demo', () => {
  test('tells the whole story without an AWS CLI', { timeout: 90_000 }, async () => {
    const { stdout, stderr } = await play({ PATH: home.path });
    expect(stdout).toContain('$ AWS_PROFILE=deploy  sts.getCallerIdentity()');
    expect(stderr).toContain('is not authorized to perform: sts:AssumeRole');
  });

  const aws = needs('aws');
  test.skipIf(aws.skip)(`tells it with the AWS CLI${aws.why}`, { timeout: 90_000 }, async () => {
    const { stdout, stderr } = await play({});
    expect(stdout).toContain('$ aws --profile deploy s3 ls s3://artifacts');
    expect(stderr).toContain('no session policy allows the s3:DeleteObject action');
  });
});
