import type { Endpoints, RoleRequest, SsoSession } from '../profile/profile';
import type { Secret } from '../secret';

/** The world as the broker sees it. Real ones are made in main.ts, small ones in tests. All times are epoch milliseconds. */

export interface Clock {
  now(): number;
  /** @param stop ends it before its time, and rejects */
  sleep(milliseconds: number, stop?: AbortSignal): Promise<void>;
}

/** Temporary credentials, from GetRoleCredentials or AssumeRole. */
export interface Session {
  readonly accessKeyId: string;
  readonly secretAccessKey: Secret;
  readonly sessionToken: Secret;
  readonly issuedAt: number;
  readonly expiration: number;
  readonly accountId: string;
  /** The assumed role's ARN with the session's name; absent on a bare permission set. */
  readonly assumedRoleArn?: string;
  /** Percent of STS's packed size limit, when STS told. */
  readonly packedPolicySize?: number;
}

/** How a user lets a client in: RFC 8628, or RFC 6749 §4.1 with PKCE. */
export type Grant = 'device_code' | 'authorization_code';

/** One registered OIDC client, as RegisterClient answers. */
export interface ClientRegistration {
  readonly clientId: string;
  readonly clientSecret: Secret;
  readonly expiration: number;
  /** AWS takes no other from it. Absent: `device_code`. */
  readonly grant?: Grant;
}

/** CreateToken's answer. A refresh may omit the refresh token: then the old one stays. */
export interface Tokens {
  readonly accessToken: Secret;
  readonly expiration: number;
  readonly refreshToken?: Secret;
}

/** What a grant gives: tokens, and the registration that alone can renew them. */
export interface Granted {
  readonly client: ClientRegistration;
  readonly tokens: Tokens;
}

/** StartDeviceAuthorization's answer (RFC 8628 §3.2). */
export interface DeviceAuthorization {
  readonly deviceCode: Secret;
  readonly userCode: string;
  readonly verificationUri: string;
  readonly verificationUriComplete: string;
  readonly expiration: number;
  /** Seconds between polls. */
  readonly interval: number;
}

/** What one poll of CreateToken says (RFC 8628 §3.5). */
export type Poll =
  | { readonly kind: 'tokens'; readonly tokens: Tokens }
  | { readonly kind: 'pending' | 'slow_down' | 'expired' | 'denied' };

/** What a browser brings back from AWS (RFC 6749 §4.1.2). The error and its description are fit for a terminal. */
export type CallbackAnswer = { readonly code: Secret } | { readonly error: string; readonly description: string };

/** The way back from a browser on this machine. */
export interface Callback {
  /** `http://127.0.0.1:PORT/oauth/callback` */
  readonly redirectUri: string;
  /** What an answer must bring along. */
  readonly state: string;
  /** The first answer with that state; undefined if none came in time. */
  readonly answer: Promise<CallbackAnswer | undefined>;
  close(): void;
}

/** SSO-OIDC. Throws ZspError: `aws_unavailable`, or `sign_in_required` where AWS no longer takes the client or refresh token. */
export interface SignIn {
  registerClient(at: SsoSession, grant: Grant): Promise<ClientRegistration>;
  startDeviceAuthorization(at: SsoSession, client: ClientRegistration): Promise<DeviceAuthorization>;
  pollDeviceToken(at: SsoSession, client: ClientRegistration, deviceCode: Secret): Promise<Poll>;
  /** Where a browser asks the user, and from where it comes back to `redirectUri`. */
  authorizationUri(
    at: SsoSession,
    client: ClientRegistration,
    request: { readonly redirectUri: string; readonly state: string; readonly codeChallenge: string },
  ): string;
  redeemCode(
    at: SsoSession,
    client: ClientRegistration,
    grant: { readonly code: Secret; readonly codeVerifier: Secret; readonly redirectUri: string },
  ): Promise<Tokens>;
  refresh(at: SsoSession, client: ClientRegistration, refreshToken: Secret): Promise<Tokens>;
}

/** The Identity Center portal. Throws `sign_in_required` on 401 (the token is dead), `access_denied` on 403, else `aws_unavailable`. */
export interface Portal {
  roleCredentials(at: SsoSession, token: Secret, accountId: string, roleName: string): Promise<Session>;
  logout(at: SsoSession, token: Secret): Promise<void>;
}

/** An account as the portal lists it. The name is anybody's text. */
export interface Account {
  readonly accountId: string;
  readonly accountName: string;
  readonly emailAddress: string;
}

/** One page of a listing. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** The token of the next page, if there is one. */
  readonly next?: string;
}

/** AWS wants fewer requests, and none for `retryAfter` milliseconds. */
export interface Throttled {
  readonly retryAfter: number;
}

/** What a user may reach, a page a call, until `stop`. Throws `sign_in_required` on 401, else `aws_unavailable`; being throttled is an answer. */
export interface Assignments {
  accounts(at: SsoSession, token: Secret, page: PageAsked): Promise<Page<Account> | Throttled>;
  /** The names of an account's permission sets. */
  roles(at: SsoSession, token: Secret, accountId: string, page: PageAsked): Promise<Page<string> | Throttled>;
}

export interface PageAsked {
  /** As the page before said; undefined for the first. */
  readonly next: string | undefined;
  /** Whoever wanted it has no more use for it. */
  readonly stop: AbortSignal | undefined;
}

/**
 * STS. Throws `access_denied` with principal, permission and role; `config_invalid` where AWS refuses a parameter;
 * `sign_in_required` where the caller's own credentials have ended (get new ones and ask again); else `aws_unavailable`.
 */
export interface Sts {
  assumeRole(
    at: { endpoints: Endpoints; region: string },
    caller: Session,
    request: RoleRequest & { readonly roleSessionName: string },
  ): Promise<Session>;
  /** The caller's ARN, e.g. `arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Developer_…/alice@corp.com`. */
  callerIdentity(
    at: { endpoints: Endpoints; region: string },
    caller: Session,
  ): Promise<{ arn: string; accountId: string }>;
}

/** Console sign-in. Throws `access_denied` where AWS gives these credentials no console session, else `aws_unavailable`. */
export interface ConsoleSignIn {
  /**
   * A sign-in token: good for 15 minutes, and once.
   * @param sessionSeconds how long the console session may last, 900 to 43,200; left out for chained credentials, with which
   *   AWS refuses it
   */
  signinToken(
    at: { readonly signIn: string; readonly region: string },
    session: Session,
    sessionSeconds: number | undefined,
  ): Promise<Secret>;
}

/** One holder across processes; `work` runs while the lock is held. Throws `storage_failed`, or `aws_unavailable` when the wait is too long. */
export type Lock = <T>(name: string, work: () => Promise<T>) => Promise<T>;

/** Held while a sign-in waits for its user, who may take minutes. It ends with its holder's process. */
export interface Lease {
  /** @returns a release function, or undefined if another process holds it */
  take(name: string): Promise<(() => void) | undefined>;
  /** True once nobody holds it; false if `milliseconds` passed first. */
  wait(name: string, milliseconds: number): Promise<boolean>;
}
