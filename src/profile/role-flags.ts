import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { ZspError } from '../errors';
import type { Env } from '../places';
import { checkSessionPolicy } from '../policy/session-policy';
import { printable, quoted } from './config-error';
import { reasonOf } from './config-file';
import { partitionOf } from './endpoints';
import type { Profile, RoleRequest } from './profile';
import { type ProfileKeys, profileKeys } from './schema';
import { policyFile, readPolicyText } from './settings';

/** What `zsp assume` is told about the role on its command line. */
export interface RoleFlags {
  /** A policy's name, a file, or JSON. */
  readonly policy?: string;
  readonly policyArn?: readonly string[];
  /** `KEY=VALUE` each. */
  readonly tag?: readonly string[];
  readonly sourceIdentity?: string;
  readonly externalId?: string;
}

/** Whether anything was said that changes the role a profile names. */
export function hasRoleFlags(flags: RoleFlags): boolean {
  const { policy, policyArn, tag, sourceIdentity, externalId } = flags;
  return [policy, policyArn, tag, sourceIdentity, externalId].some((value) => value !== undefined);
}

/**
 * A role as the flags describe it; what they leave open is as `base` has it.
 * @throws ZspError `usage` naming the flag, `config_invalid` for a policy that is none
 */
export function roleFromFlags(base: RoleRequest, flags: RoleFlags, profile: Profile, env: Env): RoleRequest {
  const { policyArn, tag } = flags;
  const keys = checked({
    zsp_role_arn: base.roleArn,
    ...(policyArn && { zsp_policy_arns: policyArn.join(',') }),
    ...(tag && { zsp_session_tags: tag.join(',') }),
    ...(flags.sourceIdentity !== undefined && { zsp_source_identity: flags.sourceIdentity }),
    ...(flags.externalId !== undefined && { zsp_external_id: flags.externalId }),
  });
  const partition = partitionOf(profile.ssoSession.region);
  if (base.roleArn.split(':')[1] !== partition) {
    throw wrong('the role', `an ARN of partition ${partition}, where the sign-in is`, base.roleArn);
  }
  const policy = flags.policy === undefined ? base.policy : readPolicy(flags.policy, env);
  return {
    ...base,
    ...(policy && { policy }),
    ...(keys.zsp_policy_arns && { policyArns: keys.zsp_policy_arns }),
    ...(keys.zsp_session_tags && { tags: keys.zsp_session_tags }),
    ...(keys.zsp_source_identity && { sourceIdentity: keys.zsp_source_identity }),
    ...(keys.zsp_external_id && { externalId: keys.zsp_external_id }),
  };
}

const flagNames: Readonly<Record<string, string>> = {
  zsp_role_arn: 'the role',
  zsp_policy_arns: '--policy-arn',
  zsp_session_tags: '--tag',
  zsp_source_identity: '--source-identity',
  zsp_external_id: '--external-id',
};

function checked(values: Readonly<Record<string, string>>): ProfileKeys {
  const parsed = profileKeys.safeParse(values);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const key = String(issue?.path[0]);
  throw wrong(flagNames[key] ?? key, issue?.message ?? 'something else', values[key] ?? '');
}

function wrong(what: string, expected: string, got: string): ZspError {
  return new ZspError('usage', `${what}: expected ${expected}, got ${quoted(got)}`, {
    remedy: 'run: zsp assume --help',
  });
}

/** A file under the working directory is meant only where the name looks like one: a policy's bare name is looked up among the policies. */
function readPolicy(value: string, env: Env): { readonly name: string; readonly text: string } {
  const path = resolve(value);
  const looksLikeFile = !value.startsWith('{') && (/[\\/]/.test(value) || value.endsWith('.json')) && existsSync(path);
  const wanted = looksLikeFile ? path : value;
  const file = policyFile(wanted, env);
  const name = file === undefined ? 'inline' : printable(value);
  try {
    return { name, text: checkSessionPolicy(readPolicyText(wanted, env), name) };
  } catch (cause) {
    if (cause instanceof ZspError) throw cause;
    throw new ZspError('usage', `--policy: cannot read ${quoted(file ?? value)} (${reasonOf(cause)})`, {
      remedy: "name a policy, a file that is there, or give the policy's JSON",
      cause,
    });
  }
}
