import { expect, test } from 'vitest';
import { readPayload } from '../../src/sandbox/s3-payload';
import { verify } from '../../src/sandbox/sigv4';
import { type Call, parsePairs } from '../../src/sandbox/wire';
import { longLived } from './clients';

/**
 * The worked examples of AWS's own documentation:
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html, …/sigv4-query-string-auth.html and …/sigv4-streaming.html
 */

const noon = Date.parse('2013-05-24T00:00:00Z');
const principal = {
  arn: '',
  principalArn: '',
  accountId: '',
  userId: '',
  kind: 'User',
  identity: [],
  tags: {},
  transitiveTags: [],
} as const;
const { accessKeyId, secretAccessKey } = longLived;
const credentials = new Map([[accessKeyId, { accessKeyId, secretAccessKey, issuedAt: 0, principal }]]);
const emptyHash = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

function call(method: string, target: string, headers: Record<string, string>, body = ''): Call {
  const [path = '/', query = ''] = target.split('?');
  return {
    method,
    path,
    query: parsePairs(query, false),
    search: query,
    headers,
    body: Buffer.from(body),
    sourceIp: '127.0.0.1',
  };
}

const authorization = (signedHeaders: string, signature: string) =>
  `AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=${signedHeaders},Signature=${signature}`;
const common = {
  host: 'examplebucket.s3.amazonaws.com',
  'x-amz-content-sha256': emptyHash,
  'x-amz-date': '20130524T000000Z',
};

test.each([
  [
    'GET Object',
    call('GET', '/test.txt', {
      ...common,
      range: 'bytes=0-9',
      authorization: authorization(
        'host;range;x-amz-content-sha256;x-amz-date',
        'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
      ),
    }),
  ],
  [
    'GET Bucket Lifecycle',
    call('GET', '/?lifecycle', {
      ...common,
      authorization: authorization(
        'host;x-amz-content-sha256;x-amz-date',
        'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
      ),
    }),
  ],
  [
    'GET Bucket (List Objects)',
    call('GET', '/?max-keys=2&prefix=J', {
      ...common,
      authorization: authorization(
        'host;x-amz-content-sha256;x-amz-date',
        '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
      ),
    }),
  ],
  [
    'PUT Object',
    call('PUT', '/test%24file.text', {
      date: 'Fri, 24 May 2013 00:00:00 GMT',
      ...common,
      'x-amz-content-sha256': '44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072',
      'x-amz-storage-class': 'REDUCED_REDUNDANCY',
      authorization: authorization(
        'date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class',
        '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
      ),
    }),
  ],
  [
    'presigned GET Object',
    call(
      'GET',
      '/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404',
      { host: 'examplebucket.s3.amazonaws.com' },
    ),
  ],
])('%s', (_name, request) => {
  expect(verify(request, 's3', credentials, noon, 900).credential.accessKeyId).toBe(accessKeyId);
  expect(() => verify({ ...request, path: '/other' }, 's3', credentials, noon, 900)).toThrow('mismatch');
});

test('a presigned URL ends when it says', () => {
  const target =
    '/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404';
  const request = call('GET', target, { host: 'examplebucket.s3.amazonaws.com' });
  expect(verify(request, 's3', credentials, noon + 86_400_000, 900).claim.expiresSeconds).toBe(86_400);
  expect(() => verify(request, 's3', credentials, noon + 86_400_001, 900)).toThrow('url_expired');
});

const chunks = [
  `10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n${'a'.repeat(65_536)}\r\n`,
  `400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n${'a'.repeat(1024)}\r\n`,
  '0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n',
];

function streamed(body: string): Call {
  return call(
    'PUT',
    '/examplebucket/chunkObject.txt',
    {
      host: 's3.amazonaws.com',
      'x-amz-date': '20130524T000000Z',
      'x-amz-storage-class': 'REDUCED_REDUNDANCY',
      'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
      'content-encoding': 'aws-chunked',
      'x-amz-decoded-content-length': '66560',
      'content-length': '66824',
      authorization: authorization(
        'content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class',
        '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9',
      ),
    },
    body,
  );
}

test('a body signed chunk by chunk', () => {
  const request = streamed(chunks.join(''));
  const body = readPayload(request, verify(request, 's3', credentials, noon, 900));
  expect(body.equals(Buffer.alloc(66_560, 'a'))).toBe(true);
});

test.each([
  ['a changed byte', chunks.join('').replace('aaa', 'aab'), 'signature we calculated does not match'],
  ['chunks in another order', [chunks[1], chunks[0], chunks[2]].join(''), 'signature we calculated does not match'],
  ['a missing chunk', [chunks[0], chunks[2]].join(''), 'signature we calculated does not match'],
  ['no last chunk', [chunks[0], chunks[1]].join(''), 'number of bytes'],
  ['no signatures', chunks.join('').replaceAll(/;chunk-signature=\w+/g, ''), 'signature we calculated does not match'],
])('%s in it is refused', (_name, text, message) => {
  const request = streamed(text);
  const verified = verify(request, 's3', credentials, noon, 900);
  expect(() => readPayload(request, verified)).toThrow(message);
});
