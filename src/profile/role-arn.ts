import type { Profile } from './profile';

/** `deploy` of `arn:aws:iam::111122223333:role/teams/deploy`; of an assumed role's ARN, the session's name. */
export function lastPart(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1);
}

/** The account that a profile's credentials are of: its role's, else its permission set's. */
export function accountOf({ role, source }: Profile): string {
  if (role) return role.roleArn.split(':')[4] ?? '';
  return source.kind === 'profile' ? accountOf(source.profile) : source.accountId;
}
