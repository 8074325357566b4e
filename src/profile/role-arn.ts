import type { PermissionSet, Profile } from './profile';

/** `deploy` of `arn:aws:iam::111122223333:role/teams/deploy`; of an assumed role's ARN, the session's name. */
export function lastPart(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1);
}

/** The permission set that a profile's first credentials are of: its own, or its source's. */
export function permissionSetOf({ source }: Profile): PermissionSet {
  return source.kind === 'profile' ? permissionSetOf(source.profile) : source;
}

/** The account that a profile's credentials are of: its role's, else its permission set's. */
export function accountOf(profile: Profile): string {
  return profile.role?.roleArn.split(':')[4] ?? permissionSetOf(profile).accountId;
}
