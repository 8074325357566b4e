import type { Session, Sts } from '../broker/ports';
import type { ZspError } from '../errors';
import type { RoleRequest } from '../profile/profile';
import { Secret } from '../secret';
import { isText } from './answers';
import type { Call } from './call';
import type { ClockSkew } from './clock-skew';
import { type Failure, reason, refusal } from './faults';
import { queryApi } from './query-api';

const ask = queryApi('sts', '2011-06-15');

/**
 * STS: https://docs.aws.amazon.com/STS/latest/APIReference/welcome.html
 * A session's `expiration` is as AWS says it, on AWS's clock; its `issuedAt` is on ours.
 */
export function createSts(call: Call, clock: ClockSkew, now: () => number): Sts {
  return {
    async assumeRole(at, caller, request) {
      return await call({
        name: 'AssumeRole',
        ...signedBy(at, caller),
        wanted: 'credentials',
        send: (attempt) => ask(attempt, caller, 'AssumeRole', parametersOf(request)),
        read: (output) => readSession(output, request.roleArn, clock, now),
        explain: (failure) => callerEnded(failure) ?? notAllowed(failure, caller, request) ?? notAccepted(failure),
      });
    },

    async callerIdentity(at, caller) {
      return await call({
        name: 'GetCallerIdentity',
        ...signedBy(at, caller),
        wanted: 'an identity',
        send: (attempt) => ask(attempt, caller, 'GetCallerIdentity', []),
        read(output) {
          const [arn, accountId] = [output.get('Arn'), output.get('Account')];
          return isText(arn) && isText(accountId) ? { arn, accountId } : undefined;
        },
        explain: callerEnded,
      });
    },
  };
}

function signedBy(at: Parameters<Sts['callerIdentity']>[0], caller: Session) {
  const secrets = [caller.secretAccessKey, caller.sessionToken];
  return { endpoint: at.endpoints.sts(at.region), region: at.region, secrets };
}

/** Exactly what the request says: a parameter that is unset is not sent. */
function parametersOf(request: Parameters<Sts['assumeRole']>[2]): readonly (readonly [string, string])[] {
  const given = Object.entries({
    RoleArn: request.roleArn,
    RoleSessionName: request.roleSessionName,
    DurationSeconds: String(request.durationSeconds),
    Policy: request.policy?.text,
    ExternalId: request.externalId,
    SourceIdentity: request.sourceIdentity,
  }).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return [
    ...given,
    ...members('PolicyArns', request.policyArns, 'arn'),
    ...members('Tags', Object.keys(request.tags), 'Key'),
    ...members('Tags', Object.values(request.tags), 'Value'),
    ...members('TransitiveTagKeys', request.transitiveTags),
  ];
}

/** A list of the query protocol: `Tags.member.1.Key=…`. */
function members(list: string, values: readonly string[], key?: string): [string, string][] {
  return values.map((value, at) => [`${list}.member.${at + 1}${key ? `.${key}` : ''}`, value]);
}

function readSession(
  answer: ReadonlyMap<string, string>,
  roleArn: string,
  clock: ClockSkew,
  now: () => number,
): Session | undefined {
  const credential = (name: string) => answer.get(`Credentials/${name}`);
  const [accessKeyId, secretAccessKey] = [credential('AccessKeyId'), credential('SecretAccessKey')];
  const sessionToken = credential('SessionToken');
  const expiration = readTime(credential('Expiration'));
  const assumedRoleArn = answer.get('AssumedRoleUser/Arn');
  const packed = answer.get('PackedPolicySize') ?? '';
  if (!isText(accessKeyId) || !isText(secretAccessKey) || !isText(sessionToken)) return undefined;
  if (!(expiration > clock.now())) return undefined;
  return {
    accessKeyId,
    secretAccessKey: new Secret(secretAccessKey),
    sessionToken: new Secret(sessionToken),
    issuedAt: now(),
    expiration,
    accountId: roleArn.split(':')[4] ?? '',
    ...(isText(assumedRoleArn) && { assumedRoleArn }),
    ...(/^\d{1,4}$/.test(packed) && { packedPolicySize: Number(packed) }),
  };
}

/** RFC 3339 with an offset, as AWS writes times; NaN for anything else. */
function readTime(text = ''): number {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : Number.NaN;
}

function callerEnded(failure: Failure): ZspError | undefined {
  if (!/^(ExpiredToken|ExpiredTokenException|InvalidClientTokenId|UnrecognizedClientException)$/.test(failure.name)) {
    return undefined;
  }
  const message = 'AWS no longer takes the credentials that the role is assumed with';
  return refusal(
    'sign_in_required',
    message,
    failure,
    'run the command again; if it fails again, run zsp login --force',
  );
}

function notAllowed(failure: Failure, caller: Session, { roleArn }: RoleRequest): ZspError | undefined {
  if (!/^AccessDenied(Exception)?$/.test(failure.name)) return undefined;
  const principal =
    /\b(arn:[\w-]+:(?:sts|iam)::\d{12}:\S+) is not authorized/.exec(failure.words)?.[1] ??
    caller.assumedRoleArn ??
    `the caller in account ${caller.accountId}`;
  const permission =
    /\b(sts:(?:AssumeRole|TagSession|SetSourceIdentity))\b/.exec(failure.words)?.[1] ?? 'sts:AssumeRole';
  const where =
    permission === 'sts:AssumeRole'
      ? "allow it in the caller's permissions, and name the caller in the role's trust policy"
      : `allow ${permission} in both the caller's permissions and the role's trust policy, or do not ask for it`;
  const message = `${principal} may not ${permission} on ${roleArn}`;
  return refusal('access_denied', message, failure, where);
}

/** STS's refusals of a parameter: its words say which. */
function notAccepted(failure: Failure): ZspError | undefined {
  const remedies: Readonly<Record<string, string>> = {
    ValidationError: 'correct the profile, then run the command again',
    MalformedPolicyDocument: 'correct the session policy, then run the command again',
    PackedPolicyTooLarge: 'use a smaller session policy, fewer policy ARNs or fewer tags',
    RegionDisabledException: "use another region, or have the account's administrator enable this one",
  };
  const name = failure.name.replace(/^(MalformedPolicyDocument|PackedPolicyTooLarge)Exception$/, '$1');
  const remedy = Object.hasOwn(remedies, name) ? remedies[name] : undefined;
  if (remedy === undefined) return undefined;
  return refusal('config_invalid', `AWS refuses the request: ${reason(failure)}`, failure, remedy);
}
