import type { AssumeRoleCommandInput } from '@aws-sdk/client-sts';
import type { Session, Sts } from '../broker/ports';
import type { ZspError } from '../errors';
import type { RoleRequest } from '../profile/profile';
import { Secret } from '../secret';
import { isText } from './answers';
import type { Call } from './call';
import { type Keys, quietly } from './client-options';
import type { ClockSkew } from './clock-skew';
import { type Failure, reason, refusal } from './faults';

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
        async send(options) {
          const { STSClient, AssumeRoleCommand } = await import('@aws-sdk/client-sts');
          return await quietly(() => new STSClient(options)).send(new AssumeRoleCommand(inputOf(request)));
        },
        read: (output) => readSession(output, request.roleArn, clock, now),
        explain: (failure) => callerEnded(failure) ?? notAllowed(failure, caller, request) ?? notAccepted(failure),
      });
    },

    async callerIdentity(at, caller) {
      return await call({
        name: 'GetCallerIdentity',
        ...signedBy(at, caller),
        wanted: 'an identity',
        async send(options) {
          const { STSClient, GetCallerIdentityCommand } = await import('@aws-sdk/client-sts');
          return await quietly(() => new STSClient(options)).send(new GetCallerIdentityCommand({}));
        },
        read: ({ Arn: arn, Account: accountId }) => (isText(arn) && isText(accountId) ? { arn, accountId } : undefined),
        explain: callerEnded,
      });
    },
  };
}

function signedBy(at: Parameters<Sts['callerIdentity']>[0], caller: Session) {
  const keys: Keys = {
    accessKeyId: caller.accessKeyId,
    secretAccessKey: caller.secretAccessKey.open(),
    sessionToken: caller.sessionToken.open(),
  };
  const secrets = [caller.secretAccessKey, caller.sessionToken];
  return { endpoint: at.endpoints.sts(at.region), region: at.region, keys, secrets };
}

/** Exactly what the request says: a parameter that is unset is not sent. */
function inputOf(request: Parameters<Sts['assumeRole']>[2]): AssumeRoleCommandInput {
  const tags = Object.entries(request.tags);
  return {
    RoleArn: request.roleArn,
    RoleSessionName: request.roleSessionName,
    DurationSeconds: request.durationSeconds,
    ...(request.policy && { Policy: request.policy.text }),
    ...(request.policyArns.length > 0 && { PolicyArns: request.policyArns.map((arn) => ({ arn })) }),
    ...(tags.length > 0 && { Tags: tags.map(([Key, Value]) => ({ Key, Value })) }),
    ...(request.transitiveTags.length > 0 && { TransitiveTagKeys: [...request.transitiveTags] }),
    ...(request.externalId !== undefined && { ExternalId: request.externalId }),
    ...(request.sourceIdentity !== undefined && { SourceIdentity: request.sourceIdentity }),
  };
}

function readSession(answer: unknown, roleArn: string, clock: ClockSkew, now: () => number): Session | undefined {
  const { Credentials, AssumedRoleUser, PackedPolicySize } = answer as Record<string, unknown>;
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = (Credentials ?? {}) as Record<string, unknown>;
  const assumedRoleArn = (AssumedRoleUser as Record<string, unknown> | undefined)?.Arn;
  if (!isText(AccessKeyId) || !isText(SecretAccessKey) || !isText(SessionToken)) return undefined;
  if (!(Expiration instanceof Date) || !(Expiration.getTime() > clock.now())) return undefined;
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: new Secret(SecretAccessKey),
    sessionToken: new Secret(SessionToken),
    issuedAt: now(),
    expiration: Expiration.getTime(),
    accountId: roleArn.split(':')[4] ?? '',
    ...(isText(assumedRoleArn) && { assumedRoleArn }),
    ...(typeof PackedPolicySize === 'number' && { packedPolicySize: PackedPolicySize }),
  };
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
  const remedy = remedies[name];
  if (remedy === undefined) return undefined;
  return refusal('config_invalid', `AWS refuses the request: ${reason(failure)}`, failure, remedy);
}
