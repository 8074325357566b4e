import type { AssumeRoleParameters } from './assume-role-parameters';
import type { PolicyDocument, Role } from './directory';
import { newCredential, type Principal, uniqueId } from './issued';
import { Refusal } from './wire';
import type { World } from './world';
import type { XmlTree } from './xml';

const defaultSeconds = 3600;
const chainedSeconds = 3600;

/** What a session has from whoever opened it. */
interface Opener {
  readonly tags: Readonly<Record<string, string>>;
  readonly transitiveTags: readonly string[];
  readonly sourceIdentity: string | undefined;
  /** Opened by a role's session: one hour at most, and no longer console sign-in. */
  readonly chained: boolean;
}

/**
 * Opens a session of a role for a caller that may have it.
 * @returns the part of STS's answer that all AssumeRole calls share
 * @throws Refusal ValidationError
 */
export function openSession(world: World, role: Role, parameters: AssumeRoleParameters, opener: Opener): XmlTree {
  const seconds = checkedSeconds(role, parameters, opener.chained);
  const principal = sessionPrincipal(world, role, parameters, opener);
  const now = world.now();
  const expiration = Math.floor(now / 1000 + seconds) * 1000;
  const issued = newCredential(world.issued, principal, now, expiration, world.options.sessionTokenLength);
  return {
    AssumedRoleUser: { AssumedRoleId: principal.userId, Arn: principal.arn },
    Credentials: {
      AccessKeyId: issued.accessKeyId,
      SecretAccessKey: issued.secretAccessKey,
      SessionToken: issued.sessionToken,
      Expiration: new Date(expiration).toISOString().replace('.000Z', 'Z'),
    },
    PackedPolicySize: parameters.packedPolicySize,
  };
}

function checkedSeconds(
  role: Role,
  { durationSeconds = defaultSeconds }: AssumeRoleParameters,
  chained: boolean,
): number {
  if (chained && durationSeconds > chainedSeconds) {
    const limit = '1 hour session limit for roles assumed by role chaining';
    throw new Refusal(400, 'ValidationError', `The requested DurationSeconds exceeds the ${limit}`);
  }
  if (durationSeconds > role.maxSessionSeconds) {
    const limit = 'MaxSessionDuration set for this role';
    throw new Refusal(400, 'ValidationError', `The requested DurationSeconds exceeds the ${limit}.`);
  }
  return durationSeconds;
}

function sessionPrincipal(world: World, role: Role, parameters: AssumeRoleParameters, opener: Opener): Principal {
  const { tags, transitiveTags, sourceIdentity, chained } = opener;
  const accountId = role.arn.split(':')[4] ?? '';
  const roleName = role.arn.replace(/.*\//, '');
  const session = sessionPolicies(world, parameters);
  return {
    arn: `arn:aws:sts::${accountId}:assumed-role/${roleName}/${parameters.roleSessionName}`,
    principalArn: role.arn,
    accountId,
    userId: `${uniqueId('AROA', role.arn)}:${parameters.roleSessionName}`,
    kind: 'AssumedRole',
    chained,
    identity: role.policies,
    ...(session.length === 0 ? {} : { session }),
    tags,
    transitiveTags,
    ...(sourceIdentity === undefined ? {} : { sourceIdentity }),
  };
}

/** The inline policy and the managed ones: what any of them allows. */
function sessionPolicies(world: World, { policy, policyArns }: AssumeRoleParameters): readonly PolicyDocument[] {
  const managed = policyArns.map((arn) => {
    const found = world.directory.managedPolicies[arn];
    if (!found) throw new Refusal(400, 'ValidationError', `Policy ${arn} does not exist or is not attachable.`);
    return found;
  });
  return policy ? [policy, ...managed] : managed;
}
