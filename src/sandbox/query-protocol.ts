import { randomUUID } from 'node:crypto';
import type { Principal } from './issued';
import { isSigned, parseDate, SignatureRefusal, verify } from './sigv4';
import { type Answer, type Call, type LoggedRequest, type Operation, parsePairs, Refusal } from './wire';
import type { World } from './world';
import { element, type XmlTree } from './xml';

/** AWS's query protocol, a form in and XML out, as STS and IAM speak it: https://smithy.io/2.0/aws/protocols/aws-query-protocol.html */

const skewSeconds = 300;

/** A form and what it came in. */
export interface QueryRequest {
  readonly call: Call;
  readonly form: ReadonlyMap<string, string>;
}

/** A caller whose signature holds, and the form it sent. */
export interface SignedRequest extends QueryRequest {
  readonly caller: Principal;
  readonly region: string;
}

export interface QueryService {
  readonly name: 'sts' | 'iam';
  readonly version: string;
  readonly namespace: string;
  /** An action without a result answers `undefined`. */
  readonly actions: Readonly<Record<string, (world: World, request: SignedRequest) => XmlTree | undefined>>;
  /** Actions whose caller proves itself in the form. */
  readonly unsigned: Readonly<Record<string, (world: World, request: QueryRequest, log: LoggedRequest) => XmlTree>>;
}

export function queryOperation(world: World, call: Call, service: QueryService): Operation {
  const form = readForm(call);
  const action = form.get('Action') ?? '';
  const known = form.get('Version') === service.version;
  const signed = known && Object.hasOwn(service.actions, action) ? service.actions[action] : undefined;
  const unsigned = known && Object.hasOwn(service.unsigned, action) ? service.unsigned[action] : undefined;
  const answer = (log: LoggedRequest): XmlTree | undefined => {
    if (unsigned && !isSigned(call)) return unsigned(world, { call, form }, log);
    const { credential, claim } = authenticate(world, call, service.name);
    log.principal = credential.principal.arn;
    const request = { call, caller: credential.principal, region: claim.region, form };
    if (signed) return signed(world, request);
    if (unsigned) return unsigned(world, request, log);
    throw new Refusal(
      400,
      'InvalidAction',
      `Could not find operation ${action} for version ${form.get('Version') ?? 'NO_VERSION_SPECIFIED'}`,
    );
  };
  return {
    name: (signed ?? unsigned) ? action : 'Unknown',
    service: service.name,
    parameters: loggable(form),
    refuse: (refusal) => refuse(refusal, service.namespace),
    run: (log: LoggedRequest) => {
      const result = answer(log);
      const tree = { [`${action}Result`]: result, ResponseMetadata: { RequestId: randomUUID() } };
      return xml(200, `${action}Response`, tree, service.namespace);
    },
  };
}

/** The form of a query-protocol call, wherever it is. */
export function readForm(call: Call): ReadonlyMap<string, string> {
  return new Map(call.method === 'POST' ? parsePairs(call.body.toString('utf8'), true) : call.query);
}

function loggable(form: ReadonlyMap<string, string>): Record<string, string> {
  const hidden = /^(Action|Version|X-Amz-.*|TokenCode|WebIdentityToken)$/;
  return Object.fromEntries([...form].filter(([name]) => !hidden.test(name)));
}

function authenticate(world: World, call: Call, service: string) {
  try {
    return verify(call, service, world.issued.credentials, world.now(), skewSeconds);
  } catch (error) {
    if (error instanceof SignatureRefusal) throw worded(error, call, service, world.now());
    throw error;
  }
}

function worded({ problem, claim }: SignatureRefusal, call: Call, service: string, now: number): Refusal {
  const signed = claim?.date ?? '';
  const limit = (sign: number) => compact(now + sign * skewSeconds * 1000);
  const mismatch = (message: string) => new Refusal(403, 'SignatureDoesNotMatch', message);
  switch (problem) {
    case 'incomplete':
      return call.headers.authorization === undefined && !call.query.some(([name]) => name === 'X-Amz-Algorithm')
        ? new Refusal(403, 'MissingAuthenticationToken', 'Request is missing Authentication Token')
        : new Refusal(
            400,
            'IncompleteSignature',
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header, and the parameters Credential, SignedHeaders and Signature.",
          );
    case 'unknown_key':
    case 'bad_token':
      return new Refusal(403, 'InvalidClientTokenId', 'The security token included in the request is invalid.');
    case 'expired_token':
      return new Refusal(403, 'ExpiredToken', 'The security token included in the request is expired');
    case 'wrong_service':
      return mismatch(`Credential should be scoped to correct service: '${service}'. `);
    case 'wrong_region':
      return mismatch('Credential should be scoped to a valid region. ');
    case 'wrong_scope_date':
      return mismatch(
        `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${claim?.scope.slice(0, 8)}' != '${signed.slice(0, 8)}', from '${signed}'.`,
      );
    case 'host_not_signed':
      return mismatch("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
    case 'too_late':
      return mismatch(`Signature expired: ${signed} is now earlier than ${limit(-1)} (${compact(now)} - 5 min.)`);
    case 'url_expired':
      return mismatch(
        `Signature expired: ${compact(parseDate(signed) + (claim?.expiresSeconds ?? 0) * 1000)} is now earlier than ${compact(now)}`,
      );
    case 'too_early':
      return mismatch(
        `Signature not yet current: ${signed} is still later than ${limit(1)} (${compact(now)} + 5 min.)`,
      );
    default:
      return mismatch(
        'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
      );
  }
}

function compact(at: number): string {
  return new Date(at).toISOString().replace(/[-:]|\.\d{3}/g, '');
}

function refuse(refusal: Refusal, namespace: string): Answer {
  const { status, code, message } = refusal;
  const Type = status >= 500 ? 'Receiver' : 'Sender';
  return xml(
    status,
    'ErrorResponse',
    { Error: { Type, Code: code, Message: message }, RequestId: randomUUID() },
    namespace,
  );
}

function xml(status: number, name: string, tree: XmlTree, namespace: string): Answer {
  return {
    status,
    headers: { 'content-type': 'text/xml', 'x-amzn-requestid': randomUUID() },
    body: element(name, tree, ` xmlns="${namespace}"`),
  };
}
