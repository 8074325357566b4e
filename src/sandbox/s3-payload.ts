import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { chunkSignature, sameText, sha256, type Verified } from './sigv4';
import { type Call, Refusal } from './wire';

/**
 * The body of a PutObject, held to what its signature declared.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html and …/sigv4-streaming-trailers.html
 */

interface Unwrapped {
  readonly body: Buffer;
  readonly trailers: Readonly<Record<string, string>>;
}

/** @throws Refusal XAmzContentSHA256Mismatch, SignatureDoesNotMatch, IncompleteBody, BadDigest, InvalidRequest */
export function readPayload(call: Call, verified: Verified): Buffer {
  const { body, trailers } = unwrap(call, verified);
  checkLength(call, body);
  checkMd5(call, body);
  for (const [name, value] of Object.entries({ ...call.headers, ...trailers })) {
    if (name.startsWith('x-amz-checksum-')) checkChecksum(name.slice('x-amz-checksum-'.length), value, body);
  }
  return body;
}

function unwrap(call: Call, verified: Verified): Unwrapped {
  const declared = call.headers['x-amz-content-sha256'] ?? 'UNSIGNED-PAYLOAD';
  switch (declared) {
    case 'UNSIGNED-PAYLOAD':
      return { body: call.body, trailers: {} };
    case 'STREAMING-UNSIGNED-PAYLOAD-TRAILER':
      return readChunks(call, undefined);
    case 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD':
    case 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER':
      return readChunks(call, verified);
  }
  if (!/^[0-9a-f]{64}$/.test(declared)) {
    throw new Refusal(
      400,
      'InvalidArgument',
      'x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD or a valid sha256 value.',
    );
  }
  const calculated = sha256(call.body);
  if (declared !== calculated) {
    throw new Refusal(
      400,
      'XAmzContentSHA256Mismatch',
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
      { ClientComputedContentSHA256: declared, S3ComputedContentSHA256: calculated },
    );
  }
  return { body: call.body, trailers: {} };
}

const incomplete = () =>
  new Refusal(
    400,
    'IncompleteBody',
    'You did not provide the number of bytes specified by the Content-Length HTTP header',
  );

/** aws-chunked: `SIZE[;chunk-signature=…]CRLF bytes CRLF`, a chunk of none, then trailers. */
function readChunks(call: Call, verified: Verified | undefined): Unwrapped {
  const chunks: Buffer[] = [];
  let signature = verified?.claim.signature ?? '';
  let at = 0;
  for (;;) {
    const lineEnd = call.body.indexOf('\r\n', at);
    if (lineEnd < 0) throw incomplete();
    const line = call.body.subarray(at, lineEnd).toString('latin1');
    const [, size, claimed] = /^([0-9a-fA-F]{1,8})(?:;chunk-signature=([0-9a-f]{64}))?$/.exec(line) ?? [];
    if (size === undefined) throw incomplete();
    const length = Number.parseInt(size, 16);
    const chunk = call.body.subarray(lineEnd + 2, lineEnd + 2 + length);
    if (chunk.length < length) throw incomplete();
    if (verified) {
      const expected = chunkSignature(verified, 'PAYLOAD', signature, [sha256(''), sha256(chunk)]);
      if (!sameText(claimed ?? '', expected)) throw chunkMismatch();
      signature = expected;
    }
    at = lineEnd + 2 + length;
    if (length === 0) return { body: Buffer.concat(chunks), trailers: readTrailers(call, at, verified, signature) };
    if (call.body.subarray(at, at + 2).toString('latin1') !== '\r\n') throw incomplete();
    at += 2;
    chunks.push(chunk);
  }
}

function readTrailers(
  call: Call,
  at: number,
  verified: Verified | undefined,
  previous: string,
): Record<string, string> {
  const lines = call.body.subarray(at).toString('latin1').split('\r\n').filter(Boolean);
  const trailers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  const announced = (call.headers['x-amz-trailer'] ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);
  if (announced.some((name) => trailers[name.toLowerCase()] === undefined)) {
    throw new Refusal(
      400,
      'MalformedTrailerError',
      'The request contained trailing data that was not well-formed or did not conform to our published schema.',
    );
  }
  if (verified && announced.length > 0) {
    const { 'x-amz-trailer-signature': claimed = '', ...rest } = trailers;
    const canonical = Object.entries(rest).map(([name, value]) => `${name}:${value}\n`);
    if (!sameText(claimed, chunkSignature(verified, 'TRAILER', previous, [sha256(canonical.join(''))])))
      throw chunkMismatch();
  }
  return trailers;
}

function chunkMismatch(): Refusal {
  return new Refusal(
    403,
    'SignatureDoesNotMatch',
    'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
  );
}

function checkLength(call: Call, body: Buffer): void {
  const decoded = call.headers['x-amz-decoded-content-length'];
  if (decoded !== undefined && Number(decoded) !== body.length) throw incomplete();
}

function checkMd5(call: Call, body: Buffer): void {
  const declared = call.headers['content-md5'];
  if (declared !== undefined && declared !== createHash('md5').update(body).digest('base64')) {
    throw new Refusal(400, 'BadDigest', 'The Content-MD5 you specified did not match what we received.');
  }
}

function checkChecksum(algorithm: string, declared: string, body: Buffer): void {
  const calculate = checksums.get(algorithm);
  if (!calculate) return;
  if (calculate(body).toString('base64') !== declared) {
    const name = algorithm.toUpperCase();
    throw new Refusal(400, 'BadDigest', `The ${name} you specified did not match the calculated checksum.`);
  }
}

const checksums: ReadonlyMap<string, (body: Buffer) => Buffer> = new Map(
  Object.entries({
    crc32: (body: Buffer) => bigEndian(crc32(body)),
    crc32c: (body: Buffer) => bigEndian(Number(reflectedCrc(body, 0x82f63b78n, 32n))),
    crc64nvme: (body: Buffer) => {
      const bytes = Buffer.alloc(8);
      bytes.writeBigUInt64BE(reflectedCrc(body, 0x9a6c9329ac4bc9b5n, 64n));
      return bytes;
    },
    sha1: (body: Buffer) => createHash('sha1').update(body).digest(),
    sha256: (body: Buffer) => createHash('sha256').update(body).digest(),
  }),
);

function bigEndian(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

/** Bit by bit: the sandbox's objects are small. */
function reflectedCrc(body: Buffer, polynomial: bigint, width: bigint): bigint {
  const ones = (1n << width) - 1n;
  let crc = ones;
  for (const byte of body) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ polynomial : crc >> 1n;
  }
  return crc ^ ones;
}
