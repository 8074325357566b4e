import type { PolicyDocument } from '../policy/document';

export type { PolicyDocument };

/** The organisation behind the sandbox: who exists, and who may do what. */
export interface Directory {
  /** Where its Identity Center lives. */
  readonly region: string;
  readonly users: readonly User[];
  readonly accounts: readonly Account[];
  readonly permissionSets: readonly PermissionSet[];
  readonly roles: readonly Role[];
  readonly iamUsers: readonly IamUser[];
  readonly oidcProviders: readonly OidcProvider[];
  /** By ARN: what session policies may name. */
  readonly managedPolicies: Readonly<Record<string, PolicyDocument>>;
  readonly buckets: readonly Bucket[];
}

export interface User {
  readonly userName: string;
}

export interface Account {
  readonly accountId: string;
  readonly accountName: string;
  readonly emailAddress: string;
  /** Listed, but GetRoleCredentials answers 403. */
  readonly locked?: boolean;
}

/** One permission set in one account, as Identity Center provisions it. */
export interface PermissionSet {
  readonly accountId: string;
  readonly roleName: string;
  readonly sessionSeconds: number;
  readonly policies: readonly PolicyDocument[];
  /** The users it is assigned to; absent: all. */
  readonly users?: readonly string[];
}

export interface Role {
  /** With its path: `arn:aws:iam::444455556666:role/path/nested`. */
  readonly arn: string;
  readonly trust: PolicyDocument;
  readonly policies: readonly PolicyDocument[];
  readonly maxSessionSeconds: number;
}

/** An OIDC provider that roles may trust: its ARN ends in the issuer without `https://`. */
export interface OidcProvider {
  readonly arn: string;
  /** As a token's `iss` has it. */
  readonly issuer: string;
  readonly clientIds: readonly string[];
}

/** Someone with a long-lived access key. */
export interface IamUser {
  readonly arn: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly policies: readonly PolicyDocument[];
}

export interface Bucket {
  readonly name: string;
  readonly accountId: string;
  /** Text by key. */
  readonly objects: Readonly<Record<string, string>>;
}

/** `arn:aws:iam::ACCOUNT:role/aws-reserved/sso.amazonaws.com/REGION/AWSReservedSSO_NAME_0123456789abcdef` */
export function permissionSetRoleArn(directory: Directory, accountId: string, roleName: string): string {
  // Identity Center leaves the region out of the path where it lives in us-east-1.
  const path = directory.region === 'us-east-1' ? '' : `${directory.region}/`;
  return `arn:aws:iam::${accountId}:role/aws-reserved/sso.amazonaws.com/${path}${reservedName(roleName)}`;
}

export function reservedName(roleName: string): string {
  return `AWSReservedSSO_${roleName}_0123456789abcdef`;
}

/** The permission sets a user sees in an account. */
export function assignments(directory: Directory, userName: string, accountId: string): readonly PermissionSet[] {
  const sets = setsByAccount(directory).get(accountId) ?? [];
  return sets.filter((set) => set.users === undefined || set.users.includes(userName));
}

const indexes = new WeakMap<Directory, ReadonlyMap<string, readonly PermissionSet[]>>();

/** Made once a directory: one of thousands of accounts is listed page by page. */
function setsByAccount(directory: Directory): ReadonlyMap<string, readonly PermissionSet[]> {
  const known = indexes.get(directory);
  if (known) return known;
  const made = new Map<string, PermissionSet[]>();
  for (const set of directory.permissionSets) made.set(set.accountId, [...(made.get(set.accountId) ?? []), set]);
  indexes.set(directory, made);
  return made;
}
