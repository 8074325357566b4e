import { randomUUID } from 'node:crypto';
import { assumeRole } from './assume-role';
import type { Principal } from './issued';
import { parseDate, SignatureRefusal, verify } from './sigv4';
import { type Answer, type Call, type LoggedRequest, type Operation, parsePairs, Refusal } from './wire';
import type { World } from './world';
import { element, type XmlTree } from './xml';

/** STS over the query protocol: https://docs.aws.amazon.com/STS/latest/APIReference/ */

const namespace = ' xmlns="https://sts.amazonaws.com/doc/2011-06-15/"';
const version = '2011-06-15';
const skewSeconds = 300;

/** A caller whose signature holds, and the form it sent. */
export interface StsRequest {
  readonly call: Call;
  readonly caller: Principal;
  readonly region: string;
  readonly form: ReadonlyMap<string, string>;
}

const actions: Readonly<Record<string, (world: World, request: StsRequest) => XmlTree>> = {
  AssumeRole: assumeRole,
  GetCallerIdentity: (_world, { caller }) => ({ Arn: caller.arn, UserId: caller.userId, Account: caller.accountId }),
};

export function stsOperation(world: World, call: Call): Operation {
  const form = new Map(call.method === 'POST' ? parsePairs(call.body.toString('utf8'), true) : call.query);
  const action = form.get('Action') ?? '';
  const answer = Object.hasOwn(actions, action) && form.get('Version') === version ? actions[action] : undefined;
  return {
    name: answer ? action : 'Unknown',
    service: 'sts',
    parameters: loggable(form),
    refuse,
    run: (log: LoggedRequest) => {
      const { credential, claim } = authenticate(world, call);
      log.principal = credential.principal.arn;
      if (!answer) {
        throw new Refusal(
          400,
          'InvalidAction',
          `Could not find operation ${action} for version ${form.get('Version') ?? 'NO_VERSION_SPECIFIED'}`,
        );
      }
      const result = answer(world, { call, caller: credential.principal, region: claim.region, form });
      return xml(200, `${action}Response`, {
        [`${action}Result`]: result,
        ResponseMetadata: { RequestId: randomUUID() },
      });
    },
  };
}

function loggable(form: ReadonlyMap<string, string>): Record<string, string> {
  const hidden = /^(Action|Version|X-Amz-.*|TokenCode)$/;
  return Object.fromEntries([...form].filter(([name]) => !hidden.test(name)));
}

function authenticate(world: World, call: Call) {
  try {
    return verify(call, 'sts', world.issued.credentials, world.now(), skewSeconds);
  } catch (error) {
    if (error instanceof SignatureRefusal) throw worded(error, call, world.now());
    throw error;
  }
}

function worded({ problem, claim }: SignatureRefusal, call: Call, now: number): Refusal {
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
      return mismatch("Credential should be scoped to correct service: 'sts'. ");
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

function refuse(refusal: Refusal): Answer {
  const { status, code, message } = refusal;
  const Type = status >= 500 ? 'Receiver' : 'Sender';
  return xml(status, 'ErrorResponse', { Error: { Type, Code: code, Message: message }, RequestId: randomUUID() });
}

function xml(status: number, name: string, tree: XmlTree): Answer {
  return {
    status,
    headers: { 'content-type': 'text/xml', 'x-amzn-requestid': randomUUID() },
    body: element(name, tree, namespace),
  };
}
