/** A sign-in, from `[sso-session NAME]`. */
export interface SsoSession {
  readonly name: string;
  readonly startUrl: string;
  /** Where Identity Center lives; not the region a profile's calls go to. */
  readonly region: string;
  readonly registrationScopes: readonly string[];
  readonly keychain: KeychainChoice;
  /** A command that opens a URL, `{url}` in it; absent: the system's browser. */
  readonly browser?: string;
  /** Where a token of this sign-in may go: see endpoints.ts. */
  readonly endpoints: Endpoints;
}

export const keychainChoices = ['auto', 'secret-service', 'keychain', 'wincred', 'kernel', 'file'] as const;
export type KeychainChoice = (typeof keychainChoices)[number];

/**
 * Where AWS is. `origin` is the partition (`aws`, `aws-cn`, `aws-us-gov`, `aws-eusc`), or the one custom endpoint
 * (`http://127.0.0.1:4566`): a token or credential is never sent to another origin than the one it came from.
 */
export interface Endpoints {
  readonly origin: string;
  readonly oidc: string;
  readonly portal: string;
  sts(region: string): string;
}

/** What AssumeRole is asked for. Shapes and limits: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
export interface RoleRequest {
  readonly roleArn: string;
  readonly durationSeconds: number;
  /** The session policy's JSON text as sent, and the name it goes by in messages. */
  readonly policy?: { readonly name: string; readonly text: string };
  readonly policyArns: readonly string[];
  /** Defaults to the signed-in user's name. */
  readonly roleSessionName?: string;
  readonly externalId?: string;
  readonly sourceIdentity?: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly transitiveTags: readonly string[];
}

export interface PermissionSet {
  readonly kind: 'permission-set';
  readonly accountId: string;
  readonly roleName: string;
}

/** A profile zsp serves: `[profile NAME]`, its sources and its sso-session, resolved and checked. */
export interface Profile {
  readonly name: string;
  /** The real path of the config file it was read from. */
  readonly configFile: string;
  readonly ssoSession: SsoSession;
  /** Where the first credentials come from. */
  readonly source: PermissionSet | { readonly kind: 'profile'; readonly profile: Profile };
  /** The role assumed with them; absent for a bare permission set. */
  readonly role?: RoleRequest;
  /** The region for STS and the clients: the profile's, or a source's, or the sso-session's. */
  readonly region: string;
  /** Set when a window must be open: the profile that says so (this one or a source). */
  readonly elevationRequiredBy?: string;
  readonly reasonRequired: boolean;
  readonly browser?: string;
  /** The literal text of everything above, for comparing with what a cached session was issued for. */
  readonly settings: string;
}
