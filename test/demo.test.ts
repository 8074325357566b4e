import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { needs } from './support/needs';
import { removeDirectory } from './support/remove-directory';
import { type Home, newHome, runZsp } from './support/zsp';

let home: Home;
/** Its own, since other demos may be playing. */
let temporary: string;
beforeAll(() => {
  home = newHome();
  temporary = mkdtempSync(join(tmpdir(), 'zsp-demos-'));
});
afterAll(() => {
  home.cleanup();
  removeDirectory(temporary);
});

/** Plays the demo, its programs from `path`. */
async function play(path: Readonly<Record<string, string>>) {
  const env = { ...home.env, ...path, TMPDIR: temporary };
  const { status, stdout, stderr } = await runZsp(['demo'], { env, timeout: 80_000 });
  expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringContaining('To sign in to corp') });
  expect(stdout).toMatch(/AWS gave out \d+ secrets\. Searched \d+ files of this home for each: none found\./);
  expect(readdirSync(temporary)).toEqual([]);
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
