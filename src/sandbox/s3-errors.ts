import { randomBytes } from 'node:crypto';
import { parseDate, type SignatureRefusal } from './sigv4';
import { type Answer, type Call, Refusal } from './wire';
import { element, type XmlTree } from './xml';

/** How S3 words its errors: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */

export const skewSeconds = 900;

export function noSuchBucket(name: string): Refusal {
  return new Refusal(404, 'NoSuchBucket', 'The specified bucket does not exist', { BucketName: name });
}

export function noSuchKey(key: string): Refusal {
  return new Refusal(404, 'NoSuchKey', 'The specified key does not exist.', { Key: key });
}

const iso = (at: number) => new Date(at).toISOString().replace(/\.\d{3}/, '');

export function wordedSignature({ problem, claim }: SignatureRefusal, call: Call, now: number): Refusal {
  switch (problem) {
    case 'incomplete':
      return call.headers.authorization === undefined
        ? new Refusal(
            400,
            'AuthorizationQueryParametersError',
            'Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.',
          )
        : new Refusal(
            400,
            'AuthorizationHeaderMalformed',
            'The authorization header is malformed; the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
          );
    case 'unknown_key':
      return new Refusal(
        403,
        'InvalidAccessKeyId',
        'The AWS Access Key Id you provided does not exist in our records.',
        {
          AWSAccessKeyId: claim?.accessKeyId ?? '',
        },
      );
    case 'bad_token':
      return new Refusal(400, 'InvalidToken', 'The provided token is malformed or otherwise invalid.');
    case 'expired_token':
      return new Refusal(400, 'ExpiredToken', 'The provided token has expired.');
    case 'wrong_service':
      return malformedScope(`incorrect service "${claim?.service}". This endpoint belongs to "s3".`);
    case 'wrong_region':
      return malformedScope(`the region '${claim?.region}' is wrong`);
    case 'wrong_scope_date':
      return malformedScope(
        `Invalid credential date "${claim?.scope.slice(0, 8)}". This date is not the same as X-Amz-Date: "${claim?.date.slice(0, 8)}".`,
      );
    case 'host_not_signed':
    case 'headers_not_signed':
      return new Refusal(403, 'AccessDenied', 'There were headers present in the request which were not signed');
    case 'no_payload_hash':
      return new Refusal(400, 'InvalidRequest', 'Missing required header for this request: x-amz-content-sha256');
    case 'too_early':
    case 'too_late':
      return new Refusal(
        403,
        'RequestTimeTooSkewed',
        'The difference between the request time and the current time is too large.',
        {
          RequestTime: claim?.date ?? '',
          ServerTime: iso(now),
          MaxAllowedSkewMilliseconds: String(skewSeconds * 1000),
        },
      );
    case 'url_expired':
      return new Refusal(403, 'AccessDenied', 'Request has expired', {
        'X-Amz-Expires': String(claim?.expiresSeconds ?? ''),
        Expires: claim ? iso(parseDate(claim.date) + (claim.expiresSeconds ?? 0) * 1000) : '',
        ServerTime: iso(now),
      });
    default:
      return new Refusal(
        403,
        'SignatureDoesNotMatch',
        'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
        {
          AWSAccessKeyId: claim?.accessKeyId ?? '',
        },
      );
  }
}

function malformedScope(detail: string): Refusal {
  return new Refusal(400, 'AuthorizationHeaderMalformed', `The authorization header is malformed; ${detail}`);
}

const requestIds = () => {
  const id = randomBytes(8).toString('hex').toUpperCase();
  return { id, host: randomBytes(56).toString('base64') };
};

/** A HEAD's error has no body, so that clients see the status only. */
export function refuse(refusal: Refusal, call: Call): Answer {
  const { id, host } = requestIds();
  const { status, code, message, fields } = refusal;
  const tree = { Code: code, Message: message, ...fields, RequestId: id, HostId: host };
  return {
    status,
    headers: { 'content-type': 'application/xml', 'x-amz-request-id': id, 'x-amz-id-2': host },
    body: call.method === 'HEAD' ? '' : `<?xml version="1.0" encoding="UTF-8"?>\n${element('Error', tree)}`,
  };
}

export function answered(
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string | Buffer = '',
): Answer {
  const { id, host } = requestIds();
  return { status, headers: { 'x-amz-request-id': id, 'x-amz-id-2': host, server: 'AmazonS3', ...headers }, body };
}

export function answeredXml(name: string, tree: XmlTree): Answer {
  const text = element(name, tree, ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"');
  return answered(200, { 'content-type': 'application/xml' }, `<?xml version="1.0" encoding="UTF-8"?>\n${text}`);
}
