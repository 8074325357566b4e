import { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/server';
import { assume, type Keys, permissionSet, production, refusalOf, roleArn, s3 } from './clients';

let sandbox: Sandbox;
let admin: Keys;
let nested: Keys;
let developer: Keys;
beforeAll(async () => {
  sandbox = await startSandbox();
  developer = await permissionSet(sandbox);
  admin = await assume(sandbox, developer, { RoleArn: roleArn('admin') });
  nested = await assume(sandbox, developer, { RoleArn: roleArn('path/nested') });
});
afterAll(() => sandbox.close());

const as = (keys: Keys) => s3(sandbox, keys);
const assumed = (role: string) => `User: arn:aws:sts::${production}:assumed-role/${role}/alice@corp.example`;

test('lists the account’s own buckets', async () => {
  const { Buckets } = await as(admin).send(new ListBucketsCommand({}));
  expect(Buckets?.map(({ Name }) => Name)).toEqual(['artifacts', 'secrets', 'logs']);
});

describe('listing', () => {
  test('rolls keys up to their common prefix', async () => {
    const command = new ListObjectsV2Command({ Bucket: 'artifacts', Delimiter: '/' });
    const answer = await as(admin).send(command);
    expect(answer.CommonPrefixes).toEqual([{ Prefix: 'app/' }]);
    expect(answer.Contents?.map(({ Key }) => Key)).toEqual(['manifest.json']);
  });

  test.each([1, 2])('comes in pages of %i', async (MaxKeys) => {
    const keys: (string | undefined)[] = [];
    let ContinuationToken: string | undefined;
    do {
      const page = await as(admin).send(new ListObjectsV2Command({ Bucket: 'artifacts', MaxKeys, ContinuationToken }));
      keys.push(...(page.Contents ?? []).map(({ Key }) => Key));
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken);
    expect(keys).toEqual(['app/1.0.0/app.tar', 'app/1.1.0/app.tar', 'manifest.json']);
  });

  test('goes on after a marker in the old version', async () => {
    const answer = await as(admin).send(new ListObjectsCommand({ Bucket: 'artifacts', Marker: 'app/1.0.0/app.tar' }));
    expect(answer.Contents?.map(({ Key }) => Key)).toEqual(['app/1.1.0/app.tar', 'manifest.json']);
  });
});

describe('an object', () => {
  test.each([
    ['text', 'plain.txt', 'hello'],
    ['nothing', 'empty', ''],
    ['a key with spaces, signs and letters of all kinds', "a b/c+d=e&f'(g)*!~/ü/%2F/日本", 'x'],
    ['a streamed body', 'streamed', Readable.from(['one,', 'two'])],
  ])('of %s is put, read, and deleted', async (_name, Key, Body) => {
    const Bucket = 'artifacts';
    const streamed = typeof Body !== 'string';
    const command = new PutObjectCommand({ Bucket, Key, Body, ...(streamed ? { ContentLength: 7 } : {}) });
    await as(admin).send(command);
    const { Body: read, ETag } = await as(admin).send(new GetObjectCommand({ Bucket, Key }));
    expect(await read?.transformToString()).toBe(streamed ? 'one,two' : Body);
    expect((await as(admin).send(new HeadObjectCommand({ Bucket, Key }))).ETag).toBe(ETag);
    await as(admin).send(new DeleteObjectCommand({ Bucket, Key }));
    expect(await refusalOf(as(admin).send(new GetObjectCommand({ Bucket, Key })))).toMatchObject({
      name: 'NoSuchKey',
      message: 'The specified key does not exist.',
      status: 404,
    });
  });

  test('is read in part', async () => {
    const command = new GetObjectCommand({ Bucket: 'logs', Key: '2026/01/01.log', Range: 'bytes=4-' });
    const answer = await as(nested).send(command);
    expect(answer.ContentRange).toBe('bytes 4-8/9');
    expect(await answer.Body?.transformToString()).toBe('quiet');
  });

  test('with a wrong checksum is refused', async () => {
    const command = new PutObjectCommand({ Bucket: 'artifacts', Key: 'bad', Body: 'x', ChecksumCRC32: 'AAAAAA==' });
    expect(await refusalOf(as(admin).send(command))).toMatchObject({ name: 'BadDigest', status: 400 });
  });
});

describe('access is denied', () => {
  test('with the action, the resource and the kind of policy', async () => {
    const command = new GetObjectCommand({ Bucket: 'secrets', Key: 'database-password.txt' });
    expect(await refusalOf(as(nested).send(command))).toEqual({
      name: 'AccessDenied',
      status: 403,
      message: `${assumed('nested')} is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::secrets/database-password.txt" because no identity-based policy allows the s3:GetObject action`,
    });
  });

  test('to another account’s bucket, as no bucket policy allows it', async () => {
    const readOnly = await permissionSet(sandbox, 'ReadOnly');
    const command = new GetObjectCommand({ Bucket: 'logs', Key: '2026/01/01.log' });
    expect((await refusalOf(as(readOnly).send(command))).message).toMatch(
      /because no resource-based policy allows the s3:GetObject action$/,
    );
  });

  test('to the knowledge that a key is missing, for who may not list', async () => {
    const getOnly = await assume(sandbox, developer, {
      RoleArn: roleArn('admin'),
      Policy: '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}',
    });
    const command = new GetObjectCommand({ Bucket: 'logs', Key: 'missing' });
    expect((await refusalOf(as(getOnly).send(command))).message).toMatch(
      /s3:ListBucket on resource: "arn:aws:s3:::logs" because no session policy allows the s3:ListBucket action$/,
    );
  });

  test('without a signature', async () => {
    const response = await fetch(`${sandbox.url}/artifacts/manifest.json`);
    expect(response.status).toBe(403);
    expect(await response.text()).toContain('<Code>AccessDenied</Code><Message>Access Denied</Message>');
  });
});

test('a bucket that is not there is not found, with a body and without', async () => {
  const Bucket = 'nowhere';
  expect(await refusalOf(as(admin).send(new ListObjectsV2Command({ Bucket })))).toMatchObject({
    name: 'NoSuchBucket',
    status: 404,
  });
  expect(await refusalOf(as(admin).send(new HeadBucketCommand({ Bucket })))).toMatchObject({ status: 404 });
});
