import { decide, denialReason, globalContext } from './authorization';
import { answered, answeredXml, noSuchBucket, noSuchKey, refuse, skewSeconds, wordedSignature } from './s3-errors';
import { list, newObject, type StoredBucket, type StoredObject } from './s3-objects';
import { readPayload } from './s3-payload';
import { encode, isSigned, SignatureRefusal, type Verified, verify } from './sigv4';
import { type Answer, type Call, decode, first, type LoggedRequest, type Operation, Refusal } from './wire';
import type { World } from './world';

/** S3's REST API, path style: https://docs.aws.amazon.com/AmazonS3/latest/API/ */

interface S3Request {
  readonly world: World;
  readonly call: Call;
  readonly verified: Verified;
  readonly bucketName: string;
  readonly key: string;
}

type Run = (request: S3Request) => Answer;

export function s3Operation(world: World, call: Call): Operation {
  const [, bucketPart = '', ...keyParts] = call.path.split('/');
  const bucketName = decode(bucketPart);
  const key = decode(keyParts.join('/'));
  const { name, run } = route(call, bucketName, key);
  return {
    name,
    service: 's3',
    parameters: { ...(bucketName ? { Bucket: bucketName } : {}), ...(key ? { Key: key } : {}) },
    refuse: (refusal) => refuse(refusal, call),
    run: (log: LoggedRequest) => {
      const verified = authenticate(world, call);
      log.principal = verified.credential.principal.arn;
      return run({ world, call, verified, bucketName, key });
    },
  };
}

function route(call: Call, bucketName: string, key: string): { name: string; run: Run } {
  const { method } = call;
  // Sub-resources (?acl, ?uploads, ?location, …) are other operations, which the sandbox does not have.
  const subresource = call.query.find(
    ([name, value]) => value === '' && /^[a-z-]+$/i.test(name) && !listParameters.has(name),
  );
  if (subresource || call.query.some(([name]) => name === 'uploadId')) return unknown;
  if (bucketName === '') return method === 'GET' ? { name: 'ListBuckets', run: listBuckets } : unknown;
  if (key !== '') return objectRoutes[method] ?? unknown;
  if (method === 'HEAD') return { name: 'HeadBucket', run: headBucket };
  if (method !== 'GET') return unknown;
  return { name: first(call.query, 'list-type') === '2' ? 'ListObjectsV2' : 'ListObjects', run: listObjects };
}

const listParameters = new Set([
  'prefix',
  'delimiter',
  'marker',
  'start-after',
  'continuation-token',
  'max-keys',
  'encoding-type',
]);

const unknown = {
  name: 'Unknown',
  run: (): never => {
    throw new Refusal(501, 'NotImplemented', 'A header you provided implies functionality that is not implemented');
  },
};

const objectRoutes: Readonly<Record<string, { name: string; run: Run }>> = {
  GET: { name: 'GetObject', run: getObject },
  HEAD: { name: 'HeadObject', run: getObject },
  PUT: { name: 'PutObject', run: putObject },
  DELETE: { name: 'DeleteObject', run: deleteObject },
};

function authenticate(world: World, call: Call): Verified {
  if (call.headers.authorization?.startsWith('AWS ') || call.query.some(([name]) => name === 'AWSAccessKeyId')) {
    const advice = 'Please use AWS4-HMAC-SHA256.';
    throw new Refusal(
      400,
      'InvalidRequest',
      `The authorization mechanism you have provided is not supported. ${advice}`,
    );
  }
  if (!isSigned(call)) throw new Refusal(403, 'AccessDenied', 'Access Denied');
  try {
    return verify(call, 's3', world.issued.credentials, world.now(), skewSeconds);
  } catch (error) {
    if (error instanceof SignatureRefusal) throw wordedSignature(error, call, world.now());
    throw error;
  }
}

/** The bucket, if the caller may do `action` there: with its identity's leave, and only in its own account, as no bucket has a policy. */
function authorize(request: S3Request, action: string, resource: string): StoredBucket {
  const { world, bucketName } = request;
  const bucket = world.buckets.get(bucketName);
  if (!bucket) throw noSuchBucket(bucketName);
  const { principal } = request.verified.credential;
  const verdict = judge(request, action, resource);
  if (verdict.decision !== 'allow') throw denied(request, action, resource, denialReason(verdict, action));
  if (bucket.accountId !== principal.accountId) {
    throw denied(request, action, resource, denialReason({ decision: 'implicit_deny', by: 'resource' }, action));
  }
  return bucket;
}

function judge({ world, call, verified }: S3Request, action: string, resource: string) {
  const { principal } = verified.credential;
  const listing = ['prefix', 'delimiter', 'max-keys'].flatMap((name) => {
    const value = first(call.query, name);
    return value === undefined ? [] : [[`s3:${name}`, value] as const];
  });
  const context = {
    ...globalContext(principal, call, world.now(), verified.claim.region),
    ...(action === 's3:ListBucket' ? Object.fromEntries(listing) : {}),
  };
  return decide(principal, action, resource, context);
}

function denied({ verified }: S3Request, action: string, resource: string | undefined, reason: string): Refusal {
  const on = resource === undefined ? '' : ` on resource: "${resource}"`;
  const who = `User: ${verified.credential.principal.arn} is not authorized to perform: ${action}${on}`;
  return new Refusal(403, 'AccessDenied', `${who} ${reason}`);
}

const bucketArn = (name: string) => `arn:aws:s3:::${name}`;
const objectArn = ({ bucketName, key }: S3Request) => `${bucketArn(bucketName)}/${key}`;
const isoMillis = (at: number) => new Date(at).toISOString();

function listBuckets(request: S3Request): Answer {
  const action = 's3:ListAllMyBuckets';
  const verdict = judge(request, action, '*');
  if (verdict.decision !== 'allow') throw denied(request, action, undefined, denialReason(verdict, action));
  const { accountId } = request.verified.credential.principal;
  const mine = [...request.world.buckets].filter(([, bucket]) => bucket.accountId === accountId);
  return answeredXml('ListAllMyBucketsResult', {
    Owner: { ID: accountId.padStart(64, '0') },
    Buckets: { Bucket: mine.map(([Name, { createdAt }]) => ({ Name, CreationDate: isoMillis(createdAt) })) },
  });
}

function headBucket(request: S3Request): Answer {
  authorize(request, 's3:ListBucket', bucketArn(request.bucketName));
  return answered(200, { 'x-amz-bucket-region': request.world.directory.region, 'content-type': 'application/xml' });
}

function listObjects(request: S3Request): Answer {
  const { call, bucketName } = request;
  const bucket = authorize(request, 's3:ListBucket', bucketArn(bucketName));
  const parameter = (name: string) => first(call.query, name) ?? '';
  const isV2 = parameter('list-type') === '2';
  const maxKeys = Number(first(call.query, 'max-keys') ?? 1000);
  if (!Number.isInteger(maxKeys) || maxKeys < 0)
    throw invalidArgument('Provided max-keys not an integer or within integer range');
  const token = parameter('continuation-token');
  const after = !isV2 ? parameter('marker') : token ? fromToken(token) : parameter('start-after');
  const listing = list(bucket, parameter('prefix'), parameter('delimiter'), after, Math.min(maxKeys, 1000));
  const url = parameter('encoding-type') === 'url';
  const text = (key: string) => (url ? key.split('/').map(encode).join('/') : key);
  const optional = (value: string) => (value === '' ? undefined : value);
  return answeredXml('ListBucketResult', {
    Name: bucketName,
    Prefix: text(parameter('prefix')),
    Delimiter: optional(text(parameter('delimiter'))),
    MaxKeys: maxKeys,
    EncodingType: url ? 'url' : undefined,
    IsTruncated: listing.next !== undefined,
    ...(isV2
      ? {
          KeyCount: listing.objects.length + listing.commonPrefixes.length,
          ContinuationToken: optional(token),
          NextContinuationToken: listing.next && toToken(listing.next),
          StartAfter: optional(text(parameter('start-after'))),
        }
      : { Marker: text(after), NextMarker: listing.next && parameter('delimiter') ? text(listing.next) : undefined }),
    Contents: listing.objects.map(([Key, object]) => ({
      Key: text(Key),
      LastModified: isoMillis(object.lastModified),
      ETag: object.etag,
      Size: object.body.length,
      StorageClass: 'STANDARD',
    })),
    CommonPrefixes: listing.commonPrefixes.map((Prefix) => ({ Prefix: text(Prefix) })),
  });
}

const toToken = (key: string) => Buffer.from(key).toString('base64');
const fromToken = (token: string) => Buffer.from(token, 'base64').toString();
const invalidArgument = (message: string) => new Refusal(400, 'InvalidArgument', message);

function getObject(request: S3Request): Answer {
  const { world, call, bucketName, key } = request;
  const bucket = authorize(request, 's3:GetObject', objectArn(request));
  const object = bucket.objects.get(key);
  if (!object) {
    // Who may not list a bucket may not learn which keys it lacks.
    const listAction = 's3:ListBucket';
    const verdict = judge(request, listAction, bucketArn(bucketName));
    if (verdict.decision !== 'allow') {
      throw denied(request, listAction, bucketArn(bucketName), denialReason(verdict, listAction));
    }
    throw noSuchKey(key);
  }
  return sendObject(object, call, world.now());
}

function sendObject(object: StoredObject, call: Call, now: number): Answer {
  const { etag, lastModified, body } = object;
  const headers = {
    ...object.headers,
    etag,
    'last-modified': new Date(Math.min(lastModified, now)).toUTCString(),
    'accept-ranges': 'bytes',
  };
  const range = /^bytes=(\d*)-(\d*)$/.exec(call.headers.range ?? '');
  if (!range || (range[1] === '' && range[2] === '')) {
    return answered(200, { ...headers, 'content-length': String(body.length) }, call.method === 'HEAD' ? '' : body);
  }
  const start = range[1] === '' ? Math.max(0, body.length - Number(range[2])) : Number(range[1]);
  const end = range[1] === '' || range[2] === '' ? body.length - 1 : Math.min(Number(range[2]), body.length - 1);
  if (start > end) throw new Refusal(416, 'InvalidRange', 'The requested range is not satisfiable');
  const part = body.subarray(start, end + 1);
  const contentRange = {
    'content-range': `bytes ${start}-${end}/${body.length}`,
    'content-length': String(part.length),
  };
  return answered(206, { ...headers, ...contentRange }, call.method === 'HEAD' ? '' : part);
}

function putObject(request: S3Request): Answer {
  const { world, call, verified, key } = request;
  if (call.headers['x-amz-copy-source'] !== undefined) return unknown.run();
  const bucket = authorize(request, 's3:PutObject', objectArn(request));
  const kept = Object.entries(call.headers).filter(([name]) =>
    /^(content-type|cache-control|x-amz-meta-.*)$/.test(name),
  );
  const headers = { 'content-type': 'binary/octet-stream', ...Object.fromEntries(kept) };
  const object = newObject(readPayload(call, verified), world.now(), headers);
  bucket.objects.set(key, object);
  return answered(200, { etag: object.etag });
}

function deleteObject(request: S3Request): Answer {
  const bucket = authorize(request, 's3:DeleteObject', objectArn(request));
  bucket.objects.delete(request.key);
  return answered(204, {});
}
