import { evaluateTrust } from '../policy/evaluate';
import { type AssumeRoleParameters, readParameters } from './assume-role-parameters';
import { decide, denialReason, globalContext, type RequestContext } from './authorization';
import type { Role } from './directory';
import type { Principal } from './issued';
import type { SignedRequest } from './query-protocol';
import { openSession } from './role-session';
import { Refusal } from './wire';
import type { World } from './world';
import type { XmlTree } from './xml';

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
export function assumeRole(world: World, request: SignedRequest): XmlTree {
  const { caller } = request;
  const parameters = readParameters(request.form);
  const role = world.directory.roles.find(({ arn }) => arn === parameters.roleArn);
  const sourceIdentity = parameters.sourceIdentity ?? caller.sourceIdentity;
  authorize(world, request, parameters, role);
  if (!role) throw denied(caller, 'sts:AssumeRole', parameters.roleArn);
  const { tags, transitiveTags } = chainedTags(caller, parameters);
  const chained = caller.kind === 'AssumedRole';
  const session = openSession(world, role, parameters, { tags, transitiveTags, sourceIdentity, chained });
  return { ...session, SourceIdentity: sourceIdentity };
}

/** Every action the request needs, in the caller's own policies and in the role's trust policy. */
function authorize(
  world: World,
  request: SignedRequest,
  parameters: AssumeRoleParameters,
  role: Role | undefined,
): void {
  const { caller } = request;
  const sourceIdentity = parameters.sourceIdentity ?? caller.sourceIdentity;
  const tagged = Object.keys(parameters.tags).length > 0 || caller.transitiveTags.length > 0;
  const actions = [
    'sts:AssumeRole',
    ...(sourceIdentity === undefined ? [] : ['sts:SetSourceIdentity']),
    ...(tagged ? ['sts:TagSession'] : []),
  ];
  const context = {
    ...globalContext(caller, request.call, world.now(), request.region),
    ...requestContext(parameters, caller),
  };
  for (const action of actions) authorizeAction(caller, action, parameters.roleArn, role, context);
  if (caller.sourceIdentity !== undefined && sourceIdentity !== caller.sourceIdentity) {
    throw denied(caller, 'sts:SetSourceIdentity', parameters.roleArn);
  }
}

function authorizeAction(
  caller: Principal,
  action: string,
  roleArn: string,
  role: Role | undefined,
  context: RequestContext,
): void {
  const identity = decide(caller, action, roleArn, context);
  if (identity.decision === 'explicit_deny' || (identity.decision === 'implicit_deny' && identity.by === 'session')) {
    throw denied(caller, action, roleArn, ` ${denialReason(identity, action)}`);
  }
  const names = { action, context, principalArns: [caller.principalArn, caller.arn] };
  const trust = role && evaluateTrust(role.trust, { ...names, accountId: caller.accountId });
  if (trust?.decision === 'explicit_deny') {
    throw denied(caller, action, roleArn, ' with an explicit deny in a resource-based policy');
  }
  // Within one account a trust policy that names the role itself is enough; naming the account leaves it to the identity's policies.
  const sameAccount = roleArn.split(':')[4] === caller.accountId;
  const direct = sameAccount && role && evaluateTrust(role.trust, { ...names, accountId: '' }).decision === 'allow';
  if (trust?.decision !== 'allow' || (identity.decision !== 'allow' && !direct)) throw denied(caller, action, roleArn);
}

function requestContext(parameters: AssumeRoleParameters, caller: Principal): RequestContext {
  const { externalId, sourceIdentity = caller.sourceIdentity, tags, transitiveTagKeys } = parameters;
  const keys = Object.keys(tags);
  return {
    'sts:RoleSessionName': parameters.roleSessionName,
    ...(externalId === undefined ? {} : { 'sts:ExternalId': externalId }),
    ...(sourceIdentity === undefined ? {} : { 'sts:SourceIdentity': sourceIdentity }),
    ...(keys.length === 0 ? {} : { 'aws:TagKeys': keys }),
    ...(transitiveTagKeys.length === 0 ? {} : { 'sts:TransitiveTagKeys': [...transitiveTagKeys] }),
    ...Object.fromEntries(keys.map((key) => [`aws:RequestTag/${key}`, tags[key] ?? ''])),
  };
}

/** Transitive tags go along the chain and cannot be set anew; the others end with their session. */
function chainedTags(caller: Principal, parameters: AssumeRoleParameters): Pick<Principal, 'tags' | 'transitiveTags'> {
  const inherited = new Set(caller.transitiveTags.map((key) => key.toLowerCase()));
  if (Object.keys(parameters.tags).some((key) => inherited.has(key.toLowerCase()))) {
    throw new Refusal(
      400,
      'InvalidParameterValue',
      "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.",
    );
  }
  const kept = Object.entries(caller.tags).filter(([key]) => inherited.has(key.toLowerCase()));
  return {
    tags: { ...Object.fromEntries(kept), ...parameters.tags },
    transitiveTags: [...caller.transitiveTags, ...parameters.transitiveTagKeys],
  };
}

function denied(caller: Principal, action: string, roleArn: string, reason = ''): Refusal {
  const message = `User: ${caller.arn} is not authorized to perform: ${action} on resource: ${roleArn}${reason}`;
  return new Refusal(403, 'AccessDenied', message);
}
