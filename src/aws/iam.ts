import type { Session } from '../broker/ports';
import { ZspError } from '../errors';
import type { AccessKey, Iam, KeyUse } from '../keys/iam';
import type { Endpoints } from '../profile/profile';
import { isText } from './answers';
import type { Call } from './call';
import { type Failure, refusal } from './faults';
import { queryApi } from './query-api';

const ask = queryApi('iam', '2010-05-08');

/** IAM, as far as retiring an access key takes it: https://docs.aws.amazon.com/IAM/latest/APIReference/welcome.html */
export function createIam(call: Call): Iam {
  async function request<Result>(
    at: Endpoints,
    caller: Session,
    action: string,
    parameters: readonly (readonly [string, string])[],
    read: (output: ReadonlyMap<string, string>) => Result | undefined,
    gone: Result | ZspError,
  ): Promise<Result> {
    return await call<ReadonlyMap<string, string>, Result>({
      name: action,
      ...endpointOf(at),
      secrets: [caller.secretAccessKey, caller.sessionToken],
      wanted: "one of IAM's answers",
      send: (attempt) => ask(attempt, caller, action, parameters),
      read,
      explain(failure) {
        if (failure.name === 'NoSuchEntity') return gone instanceof ZspError ? gone : { result: gone };
        return notAllowed(failure, action, caller);
      },
    });
  }

  return {
    lastUse: (at, caller, accessKeyId) =>
      request(at, caller, 'GetAccessKeyLastUsed', [['AccessKeyId', accessKeyId]], readUse, unknownKey(accessKeyId)),
    setStatus: (at, caller, key, status) =>
      request(
        at,
        caller,
        'UpdateAccessKey',
        [...named(key), ['Status', status]],
        () => true,
        unknownKey(key.accessKeyId),
      ).then(() => undefined),
    // What is gone already is as it should be.
    remove: (at, caller, key) =>
      request(at, caller, 'DeleteAccessKey', named(key), () => true, true).then(() => undefined),
  };
}

function named({ userName, accessKeyId }: AccessKey): readonly (readonly [string, string])[] {
  return [
    ['UserName', userName],
    ['AccessKeyId', accessKeyId],
  ];
}

/** A key that was never used has no date, and `N/A` for the rest. */
function readUse(output: ReadonlyMap<string, string>): KeyUse | undefined {
  const userName = output.get('UserName');
  const at = Date.parse(output.get('AccessKeyLastUsed/LastUsedDate') ?? '');
  const [service, region] = [output.get('AccessKeyLastUsed/ServiceName'), output.get('AccessKeyLastUsed/Region')];
  if (!isText(userName)) return undefined;
  if (Number.isNaN(at) || !isText(service) || !isText(region)) return { userName };
  return { userName, last: { at, service, region } };
}

/** IAM has one endpoint a partition: https://docs.aws.amazon.com/general/latest/gr/iam-service.html */
const hosts: Readonly<Record<string, { readonly host: string; readonly region: string }>> = {
  aws: { host: 'iam.amazonaws.com', region: 'us-east-1' },
  'aws-cn': { host: 'iam.cn-north-1.amazonaws.com.cn', region: 'cn-north-1' },
  'aws-us-gov': { host: 'iam.us-gov.amazonaws.com', region: 'us-gov-west-1' },
  'aws-eusc': { host: 'iam.eusc-de-east-1.amazonaws.eu', region: 'eusc-de-east-1' },
};

function endpointOf({ origin, sts }: Endpoints): { readonly endpoint: string; readonly region: string } {
  const found = hosts[origin];
  // Credentials go to the origin they came from, and a custom one has everything.
  return found
    ? { endpoint: `https://${found.host}`, region: found.region }
    : { endpoint: sts('us-east-1'), region: 'us-east-1' };
}

function unknownKey(accessKeyId: string): ZspError {
  return new ZspError('config_invalid', `IAM knows no access key ${accessKeyId} in this account`, {
    remedy: 'see in IAM whether the key was deleted already; if so, remove it from your files',
  });
}

function notAllowed(failure: Failure, action: string, caller: Session): ZspError | undefined {
  if (!/^AccessDenied(Exception)?$/.test(failure.name)) return undefined;
  const principal = /\b(arn:[\w-]+:(?:sts|iam)::\d{12}:\S+) is not authorized/.exec(failure.words)?.[1];
  const who = principal ?? caller.assumedRoleArn ?? `the caller in account ${caller.accountId}`;
  const remedy = `name a profile in the key's account that may, with --iam-profile; or have iam:${action} allowed`;
  return refusal('access_denied', `${who} may not iam:${action} on that key`, failure, remedy);
}
