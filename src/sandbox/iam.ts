import { decide, denialReason, globalContext } from './authorization';
import { type Credential, newAccessKey, type Principal, uniqueId } from './issued';
import type { QueryService, SignedRequest } from './query-protocol';
import { Refusal } from './wire';
import type { World } from './world';
import type { XmlTree } from './xml';

/** As much of IAM as finding and retiring access keys takes: https://docs.aws.amazon.com/IAM/latest/APIReference/ */
export const iam: QueryService = {
  name: 'iam',
  version: '2010-05-08',
  namespace: 'https://iam.amazonaws.com/doc/2010-05-08/',
  actions: {
    ListUsers: listUsers,
    GetUser: getUser,
    ListAccessKeys: listAccessKeys,
    GetAccessKeyLastUsed: getAccessKeyLastUsed,
    CreateAccessKey: createAccessKey,
    UpdateAccessKey: updateAccessKey,
    DeleteAccessKey: deleteAccessKey,
  },
  unsigned: {},
};

const keysPerUser = 2;

/** The IAM users of the directory, each with the keys it has now. */
interface KeyHolder {
  readonly userName: string;
  readonly principal: Principal;
  readonly keys: readonly Credential[];
}

function listUsers(world: World, request: SignedRequest): XmlTree {
  authorize(world, request, 'iam:ListUsers', `arn:aws:iam::${request.caller.accountId}:user/`);
  const users = world.directory.iamUsers.filter(({ arn }) => arn.split(':')[4] === request.caller.accountId);
  return { Users: { member: users.map(({ arn }) => userNode(world, arn)) }, IsTruncated: false };
}

function getUser(world: World, request: SignedRequest): XmlTree {
  return { User: userNode(world, targetUser(world, request, 'iam:GetUser').principal.arn) };
}

function listAccessKeys(world: World, request: SignedRequest): XmlTree {
  const { userName, keys } = targetUser(world, request, 'iam:ListAccessKeys');
  return { AccessKeyMetadata: { member: keys.map((key) => keyNode(userName, key)) }, IsTruncated: false };
}

function getAccessKeyLastUsed(world: World, request: SignedRequest): XmlTree {
  authorize(world, request, 'iam:GetAccessKeyLastUsed', '*');
  const accessKeyId = request.form.get('AccessKeyId') ?? '';
  const key = world.issued.credentials.get(accessKeyId);
  if (!key || key.sessionToken !== undefined || key.principal.accountId !== request.caller.accountId) {
    throw noSuchKey(accessKeyId);
  }
  const { at, service, region } = key.lastUse ?? { at: undefined, service: 'N/A', region: 'N/A' };
  return {
    UserName: nameOf(key.principal.arn),
    AccessKeyLastUsed: { LastUsedDate: at === undefined ? undefined : iso(at), ServiceName: service, Region: region },
  };
}

function createAccessKey(world: World, request: SignedRequest): XmlTree {
  const { userName, principal, keys } = targetUser(world, request, 'iam:CreateAccessKey');
  if (keys.length >= keysPerUser) {
    throw new Refusal(409, 'LimitExceeded', `Cannot exceed quota for AccessKeysPerUser: ${keysPerUser}`);
  }
  const key = newAccessKey(world.issued, principal, world.now());
  return { AccessKey: { ...keyNode(userName, key), SecretAccessKey: key.secretAccessKey } };
}

function updateAccessKey(world: World, request: SignedRequest): undefined {
  const key = targetKey(world, request, 'iam:UpdateAccessKey');
  const status = request.form.get('Status');
  if (status !== 'Active' && status !== 'Inactive') {
    const constraint = 'Member must satisfy enum value set: [Active, Inactive, Expired]';
    throw new Refusal(400, 'ValidationError', `Value at 'status' failed to satisfy constraint: ${constraint}`);
  }
  key.inactive = status === 'Inactive';
}

function deleteAccessKey(world: World, request: SignedRequest): undefined {
  world.issued.credentials.delete(targetKey(world, request, 'iam:DeleteAccessKey').accessKeyId);
}

function targetKey(world: World, request: SignedRequest, action: string): Credential {
  const { keys } = targetUser(world, request, action);
  const accessKeyId = request.form.get('AccessKeyId') ?? '';
  const key = keys.find((one) => one.accessKeyId === accessKeyId);
  if (!key) throw noSuchKey(accessKeyId);
  return key;
}

/** The user that the request names, or the one who signed it. */
function targetUser(world: World, request: SignedRequest, action: string): KeyHolder {
  const { caller, form } = request;
  if (!form.has('UserName') && caller.kind !== 'User') {
    throw new Refusal(400, 'ValidationError', 'Must specify userName when calling with non-User credentials');
  }
  const userName = form.get('UserName') ?? nameOf(caller.arn);
  const found = world.directory.iamUsers.find(
    ({ arn }) => arn.split(':')[4] === caller.accountId && nameOf(arn) === userName,
  );
  authorize(world, request, action, found?.arn ?? `arn:aws:iam::${caller.accountId}:user/${userName}`);
  if (!found) throw new Refusal(404, 'NoSuchEntity', `The user with name ${userName} cannot be found.`);
  const principal = iamUser(found);
  const keys = [...world.issued.credentials.values()].filter((one) => one.principal.arn === found.arn);
  return { userName, principal, keys };
}

function authorize(world: World, request: SignedRequest, action: string, resource: string): void {
  const { caller, call, region } = request;
  const evaluation = decide(caller, action, resource, globalContext(caller, call, world.now(), region));
  if (evaluation.decision === 'allow') return;
  const on = resource === '*' ? '' : ` on resource: ${resource.replace(/^arn:aws:iam::\d+:user\/(.+)$/, 'user $1')}`;
  const message = `User: ${caller.arn} is not authorized to perform: ${action}${on} ${denialReason(evaluation, action)}`;
  throw new Refusal(403, 'AccessDenied', message);
}

/** Who signs with a user's keys. */
export function iamUser({ arn, policies }: World['directory']['iamUsers'][number]): Principal {
  return {
    arn,
    principalArn: arn,
    accountId: arn.split(':')[4] ?? '',
    userId: uniqueId('AIDA', arn),
    kind: 'User',
    identity: policies,
    tags: {},
    transitiveTags: [],
  };
}

function userNode(world: World, arn: string): XmlTree {
  const path = /:user(\/.*\/|\/)[^/]+$/.exec(arn)?.[1] ?? '/';
  return {
    Path: path,
    UserName: nameOf(arn),
    UserId: uniqueId('AIDA', arn),
    Arn: arn,
    CreateDate: iso(world.startedAt),
  };
}

function keyNode(userName: string, { accessKeyId, inactive, issuedAt }: Credential): XmlTree {
  const status = inactive ? 'Inactive' : 'Active';
  return { UserName: userName, AccessKeyId: accessKeyId, Status: status, CreateDate: iso(issuedAt) };
}

const noSuchKey = (accessKeyId: string) =>
  new Refusal(404, 'NoSuchEntity', `The Access Key with id ${accessKeyId} cannot be found.`);
const nameOf = (arn: string) => arn.replace(/.*\//, '');
const iso = (at: number) => new Date(at).toISOString().replace(/\.\d{3}/, '');
