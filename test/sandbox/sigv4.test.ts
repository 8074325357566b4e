import { createHash, createHmac } from 'node:crypto';
import { GetObjectCommand, ListBucketsCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readPayload } from '../../src/sandbox/s3-payload';
import { type Sandbox, startSandbox } from '../../src/sandbox/server';
import { readClaim, SignatureRefusal, type Verified, verify } from '../../src/sandbox/sigv4';
import { type Call, parsePairs, Refusal } from '../../src/sandbox/wire';
import { type Keys, longLived, permissionSet, refusalOf, s3, sts } from './clients';
import { fuzzing } from './fuzzing';

let sandbox: Sandbox;
let offset = 0;
let developer: Keys;
beforeAll(async () => {
  sandbox = await startSandbox({ clock: () => Date.now() + offset });
});
beforeEach(async () => {
  offset = 0;
  developer ??= await permissionSet(sandbox);
});
afterAll(() => sandbox.close());

const identity = (keys: Keys) => refusalOf(sts(sandbox, keys).send(new GetCallerIdentityCommand({})));
const listing = (keys: Keys) => refusalOf(s3(sandbox, keys).send(new ListBucketsCommand({})));
const minutes = 60_000;

/** The SDK corrects its clock from the answer and would sign again: one client, one request. */
describe('is refused', () => {
  test.each<[string, (keys: Keys) => Keys, object, object]>([
    [
      'a key that does not exist',
      (keys) => ({ ...keys, accessKeyId: 'ASIAAAAAAAAAAAAAAAAA' }),
      { name: 'InvalidClientTokenId', status: 403, message: 'The security token included in the request is invalid.' },
      {
        name: 'InvalidAccessKeyId',
        status: 403,
        message: 'The AWS Access Key Id you provided does not exist in our records.',
      },
    ],
    [
      'another secret',
      (keys) => ({ ...keys, secretAccessKey: 'x'.repeat(40) }),
      { name: 'SignatureDoesNotMatch', status: 403 },
      { name: 'SignatureDoesNotMatch', status: 403 },
    ],
    [
      'another session token',
      (keys) => ({ ...keys, sessionToken: 'other' }),
      { name: 'InvalidClientTokenId', status: 403 },
      { name: 'InvalidToken', status: 400 },
    ],
    [
      'a temporary key without its token',
      ({ accessKeyId, secretAccessKey }) => ({ accessKeyId, secretAccessKey }),
      { name: 'InvalidClientTokenId', status: 403 },
      { name: 'InvalidToken', status: 400 },
    ],
  ])('%s', async (_name, change, atSts, atS3) => {
    expect(await identity(change(developer))).toMatchObject(atSts);
    expect(await listing(change(developer))).toMatchObject(atS3);
  });

  test('a clock more than five minutes off at STS, and more than fifteen at S3', async () => {
    offset = 4 * minutes;
    expect(await sts(sandbox, developer).send(new GetCallerIdentityCommand({}))).toHaveProperty('Account');
    offset = 6 * minutes;
    expect(await identity(developer)).toMatchObject({
      name: 'SignatureDoesNotMatch',
      message: expect.stringMatching(
        /^Signature expired: \d{8}T\d{6}Z is now earlier than \d{8}T\d{6}Z \(\d{8}T\d{6}Z - 5 min\.\)$/,
      ),
    });
    offset = -6 * minutes;
    expect((await identity(developer)).message).toMatch(/^Signature not yet current: .* \+ 5 min\.\)$/);
    offset = 14 * minutes;
    expect(await s3(sandbox, developer).send(new ListBucketsCommand({}))).toHaveProperty('Buckets');
    offset = 16 * minutes;
    expect(await listing(developer)).toMatchObject({ name: 'RequestTimeTooSkewed', status: 403 });
  });
});

test('credentials that have ended are ExpiredToken: 403 at STS, 400 at S3', async () => {
  let now = Date.now() - 2 * 3_600_000;
  const earlier = await startSandbox({ clock: () => now });
  const keys = await permissionSet(earlier);
  now = Date.now();
  const atSts = sts(earlier, keys).send(new GetCallerIdentityCommand({}));
  expect(await refusalOf(atSts)).toEqual({
    name: 'ExpiredToken',
    status: 403,
    message: 'The security token included in the request is expired',
  });
  const atS3 = s3(earlier, keys).send(new ListObjectsV2Command({ Bucket: 'scratch' }));
  expect(await refusalOf(atS3)).toEqual({
    name: 'ExpiredToken',
    status: 400,
    message: 'The provided token has expired.',
  });
  await earlier.close();
});

test('revoked credentials are unknown', async () => {
  const keys = await permissionSet(sandbox);
  sandbox.revokeCredentials(keys.accessKeyId);
  expect(await identity(keys)).toMatchObject({ name: 'InvalidClientTokenId' });
  expect(await sts(sandbox, developer).send(new GetCallerIdentityCommand({}))).toHaveProperty('Account');
});

test('STS without a signature asks for one', async () => {
  const response = await fetch(sandbox.url, {
    method: 'POST',
    body: new URLSearchParams({ Action: 'GetCallerIdentity', Version: '2011-06-15' }),
  });
  expect(response.status).toBe(403);
  expect(await response.text()).toContain('<Code>MissingAuthenticationToken</Code>');
});

describe('a request changed on its way', () => {
  const now = Date.parse('2026-03-01T12:00:00Z');
  const credential = {
    accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
    secretAccessKey: longLived.secretAccessKey,
    issuedAt: 0,
    principal: {
      arn: '',
      principalArn: '',
      accountId: '',
      userId: '',
      kind: 'User',
      identity: [],
      tags: {},
      transitiveTags: [],
    },
  } as const;
  const credentials = new Map([[credential.accessKeyId, credential]]);

  /** Signed by hand, so that the check is not measured with its own rule. */
  function signed(): Call {
    const body = Buffer.from('Action=GetCallerIdentity&Version=2011-06-15');
    const sha = (data: string | Buffer) => createHash('sha256').update(data).digest('hex');
    const canonical =
      `POST\n/\nb=2&a=1\nhost:127.0.0.1\nx-amz-date:20260301T120000Z\n\nhost;x-amz-date\n${sha(body)}`.replace(
        'b=2&a=1',
        'a=1&b=2',
      );
    const text = `AWS4-HMAC-SHA256\n20260301T120000Z\n20260301/eu-west-1/sts/aws4_request\n${sha(canonical)}`;
    const mac = (key: string | Buffer, data: string) => createHmac('sha256', key).update(data).digest();
    const key = mac(mac(mac(mac(`AWS4${credential.secretAccessKey}`, '20260301'), 'eu-west-1'), 'sts'), 'aws4_request');
    return {
      method: 'POST',
      path: '/',
      query: [
        ['b', '2'],
        ['a', '1'],
      ],
      headers: {
        host: '127.0.0.1',
        'x-amz-date': '20260301T120000Z',
        authorization: `AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260301/eu-west-1/sts/aws4_request, SignedHeaders=host;x-amz-date, Signature=${mac(key, text).toString('hex')}`,
      },
      body,
      search: '',
      sourceIp: '127.0.0.1',
    };
  }
  const check = (call: Call) => verify(call, 'sts', credentials, now, 300);
  const header = (name: string, change: (value: string) => string) => (call: Call) => ({
    ...call,
    headers: { ...call.headers, [name]: change(call.headers[name] ?? '') },
  });

  test('is accepted unchanged', () => {
    expect(check(signed()).credential).toBe(credential);
  });

  test.each<[string, (call: Call) => Call, string]>([
    ['method', (call) => ({ ...call, method: 'GET' }), 'mismatch'],
    ['path', (call) => ({ ...call, path: '/other' }), 'mismatch'],
    ['query', (call) => ({ ...call, query: [['a', '1']] }), 'mismatch'],
    ['body', (call) => ({ ...call, body: Buffer.from('Action=AssumeRole') }), 'mismatch'],
    ['host', header('host', () => 'evil.example'), 'mismatch'],
    ['date', header('x-amz-date', () => '20260301T120001Z'), 'mismatch'],
    ['signature', header('authorization', (value) => value.replace(/.$/, (c) => (c === '0' ? '1' : '0'))), 'mismatch'],
    ['empty signature', header('authorization', (value) => value.replace(/Signature=.*/, 'Signature=')), 'incomplete'],
    ['region', header('authorization', (value) => value.replace('eu-west-1', 'us-east-1')), 'mismatch'],
    ['no region', header('authorization', (value) => value.replace('eu-west-1', 'nowhere')), 'wrong_region'],
    ['service', header('authorization', (value) => value.replace('/sts/', '/s3/')), 'wrong_service'],
    ['day', header('authorization', (value) => value.replace('/20260301/', '/20260302/')), 'wrong_scope_date'],
    ['algorithm', header('authorization', (value) => value.replace('SHA256', 'SHA1')), 'incomplete'],
    ['host unsigned', header('authorization', (value) => value.replace('host;', '')), 'host_not_signed'],
    ['x-amz-date unsigned', header('authorization', (value) => value.replace(';x-amz-date', '')), 'headers_not_signed'],
    ['key', header('authorization', (value) => value.replace('AKIA', 'ASIA')), 'unknown_key'],
    ['token added', header('x-amz-security-token', () => 'token'), 'headers_not_signed'],
  ])('%s', (_name, change, problem) => {
    let refused: unknown;
    try {
      check(change(signed()));
    } catch (error) {
      refused = error;
    }
    expect(refused).toBeInstanceOf(SignatureRefusal);
    expect((refused as SignatureRefusal).problem).toBe(problem);
  });

  test('no header makes the reader fail otherwise than by refusing', () => {
    const pieces = fc.constantFrom(
      'AWS4-HMAC-SHA256 ',
      'Credential=',
      'a/b/c/s3/aws4_request',
      ', ',
      'SignedHeaders=',
      'host',
      'Signature=',
      '=',
      '/',
      ';',
    );
    const text = fc.array(fc.oneof(pieces, fc.string())).map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, text, (authorization, query) => {
        const headers = { authorization, 'x-amz-date': '20260301T120000Z' };
        try {
          readClaim({ ...signed(), headers, query: parsePairs(query, false) });
        } catch (error) {
          if (!(error instanceof SignatureRefusal)) throw error;
        }
      }),
      fuzzing,
    );
  });

  test('no chunked body makes the reader fail otherwise than by refusing', () => {
    const verified: Verified = { credential, claim: readClaim(signed()), signingKey: Buffer.alloc(32) };
    const kinds = fc.constantFrom(
      'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
      'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER',
      'x',
    );
    const pieces = fc.constantFrom(
      '\r\n',
      '5',
      'hello',
      '0',
      ';chunk-signature=',
      'x-amz-checksum-crc32:',
      'f'.repeat(8),
    );
    const text = fc.array(fc.oneof(pieces, fc.string())).map((parts) => parts.join(''));
    fc.assert(
      fc.property(kinds, text, (kind, body) => {
        const headers = { 'x-amz-content-sha256': kind, 'x-amz-trailer': 'x-amz-checksum-crc32' };
        try {
          readPayload({ ...signed(), headers, body: Buffer.from(body) }, verified);
        } catch (error) {
          if (!(error instanceof Refusal)) throw error;
        }
      }),
      fuzzing,
    );
  });
});

test('a body changed after signing is refused by S3', async () => {
  const client = s3(sandbox, longLived);
  client.middlewareStack.add(
    (next) => (args) => {
      (args.request as { body: unknown }).body = 'changed';
      return next(args);
    },
    { step: 'deserialize', priority: 'low' },
  );
  const command = new PutObjectCommand({ Bucket: 'scratch', Key: 'k', Body: 'as sent' });
  expect(await refusalOf(client.send(command))).toMatchObject({ name: 'XAmzContentSHA256Mismatch', status: 400 });
  expect(
    await refusalOf(s3(sandbox, longLived).send(new GetObjectCommand({ Bucket: 'scratch', Key: 'k' }))),
  ).toMatchObject({
    name: 'NoSuchKey',
  });
});
