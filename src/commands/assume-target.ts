import { ZspError } from '../errors';
import { partitionOf } from '../profile/endpoints';
import { nearest } from '../profile/nearest';
import type { Profile } from '../profile/profile';
import { accountOf } from '../profile/role-arn';
import { printable } from '../terminal/sanitize';

/** What `zsp assume TARGET` means. `profile` is the one whose window opens: the target itself, or the base of a role. */
export type AssumeTarget = { readonly profile: Profile; readonly remark?: string } & (
  | { readonly kind: 'profile' }
  | { readonly kind: 'role'; readonly roleArn: string }
);

interface Profiles {
  profile(name: string): Profile;
  profiles(): readonly string[];
}

/**
 * An exact profile name wins over a role's name; `role:NAME` forces the role. A role's name is one in the account of the base
 * profile.
 * @throws ZspError `usage`, `config_invalid`
 */
export function assumeTarget(target: string, baseName: string, { profile, profiles }: Profiles): AssumeTarget {
  const forced = target.startsWith('role:');
  const name = forced ? target.slice('role:'.length) : target;
  const isArn = name.startsWith('arn:');
  if (!forced && !isArn && profiles().includes(name)) {
    const found = profile(name);
    const remark =
      baseName !== name && baseName !== 'default'
        ? `${printable(name)} is a profile; for a role of that name say role:${printable(name)}`
        : undefined;
    return { kind: 'profile', profile: found, ...(remark && { remark }) };
  }
  if (!isArn && !/^(?:[\x21-\x7e]{1,510}\/)?[\w+=,.@-]{1,64}$/.test(name)) {
    throw new ZspError('usage', `${JSON.stringify(printable(name, 60))} is neither a profile nor a role`, {
      remedy: 'name a profile, a role ARN, or role:NAME',
    });
  }
  const base = baseOf(baseName, name, { profile, profiles });
  const [likely] = forced || isArn ? [] : nearest(name, profiles(), 1);
  const remark =
    likely && `${printable(name, 60)} is no profile, so it is a role; did you mean ${printable(likely, 40)}?`;
  return { kind: 'role', profile: base, roleArn: isArn ? name : roleArn(base, name), ...(remark && { remark }) };
}

function baseOf(baseName: string, role: string, { profile, profiles }: Profiles): Profile {
  if (profiles().includes(baseName)) return profile(baseName);
  if (profiles().length === 0) return profile(baseName);
  throw new ZspError(
    'usage',
    `there is no profile ${printable(role, 60)}, and no profile ${printable(baseName, 60)} to assume a role from`,
    {
      remedy: `profiles are ${profiles()
        .slice(0, 8)
        .map((name) => printable(name, 40))
        .join(', ')}; for a role add --profile BASE`,
    },
  );
}

function roleArn(base: Profile, name: string): string {
  return `arn:${partitionOf(base.ssoSession.region)}:iam::${accountOf(base)}:role/${name}`;
}
