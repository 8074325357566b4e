import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/server';
import { assume, permissionSet, roleArn, s3, sts } from './clients';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.close());

test('a sign-in leads to a role and the role to a bucket', async () => {
  const developer = await permissionSet(sandbox);
  expect(await sts(sandbox, developer).send(new GetCallerIdentityCommand({}))).toMatchObject({
    Account: '111122223333',
    Arn: 'arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Developer_0123456789abcdef/alice@corp.example',
  });
  const deploy = await assume(sandbox, developer, { RoleArn: roleArn('deploy') });
  const listing = await s3(sandbox, deploy).send(new ListObjectsV2Command({ Bucket: 'artifacts' }));
  expect(listing.Contents?.map(({ Key }) => Key)).toEqual(['app/1.0.0/app.tar', 'app/1.1.0/app.tar', 'manifest.json']);
});

test('every request is remembered, without its secrets', () => {
  expect(sandbox.requests.map(({ operation, status }) => [operation, status])).toEqual([
    ['RegisterClient', 200],
    ['StartDeviceAuthorization', 200],
    ['CreateToken', 200],
    ['GetRoleCredentials', 200],
    ['GetCallerIdentity', 200],
    ['AssumeRole', 200],
    ['ListObjectsV2', 200],
  ]);
  expect(sandbox.requests[5]).toMatchObject({
    principal: 'arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Developer_0123456789abcdef/alice@corp.example',
    parameters: { RoleArn: roleArn('deploy'), RoleSessionName: 'alice@corp.example' },
  });
  const remembered = JSON.stringify(sandbox.requests);
  const secrets = sandbox.secrets();
  expect(secrets).toHaveLength(2 + 2 + 2 + 2);
  expect(secrets.filter((secret) => remembered.includes(secret))).toEqual([]);
});
