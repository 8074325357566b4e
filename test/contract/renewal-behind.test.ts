import { expect, test } from 'vitest';
import { needs, onPath } from '../support/needs';
import { run } from '../support/zsp';
import { age, answerOf, openStage, until } from './stage';

const boto3 = needs('boto3');

const calls = `
import boto3
print(boto3.Session(profile_name='deploy').get_credentials().get_frozen_credentials().access_key)
`;

/** boto3 reads its credential-process to the end of its pipes: a renewal that held one would have to end first. */
test.skipIf(boto3.skip)(`boto3 has its answer before AWS has answered the renewal behind it${boto3.why}`, async () => {
  const answered: string[] = [];
  const stage = await openStage({ observe: ({ operation }) => answered.push(operation) });
  try {
    await stage.login();
    const { AccessKeyId } = answerOf(await stage.credentials('deploy'));
    await age(stage, 'deploy', 46);
    answered.length = 0;

    Object.assign(stage.sandbox.options, { latencyMs: 3_000 });
    const client = await run(onPath('python3') ?? 'python3', ['-c', calls], { env: stage.env });
    expect(client).toEqual({ status: 0, stdout: `${AccessKeyId}\n`, stderr: '' });
    expect(answered).toEqual([]);

    await until(() => answered.includes('AssumeRole'), 'the renewal');
    let next = AccessKeyId;
    for (let tries = 0; next === AccessKeyId && tries < 50; tries++) {
      next = answerOf(await stage.credentials('deploy')).AccessKeyId;
    }
    expect(next).not.toBe(AccessKeyId);
    expect(answered).toEqual(['AssumeRole']);
  } finally {
    await stage.close();
  }
});
