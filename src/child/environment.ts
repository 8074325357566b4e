import type { Env } from '../places';
import { Secret } from '../secret';

/** Temporary credentials as a command gets them. */
export interface ChildCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: Secret;
  readonly sessionToken: Secret;
  /** Epoch milliseconds. */
  readonly expiration: number;
  readonly accountId?: string;
}

/** Everything by which an AWS client could find other credentials than those it is meant to use, and zsp's own passphrase. */
const removed: ReadonlySet<string> = new Set([
  'AWS_ACCESS_KEY_ID',
  'AWS_ACCESS_KEY',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SECRET_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_SECURITY_TOKEN',
  'AWS_CREDENTIAL_EXPIRATION',
  'AWS_SESSION_EXPIRATION',
  'AWS_ACCOUNT_ID',
  'AWS_PROFILE',
  'AWS_DEFAULT_PROFILE',
  'AWS_CREDENTIAL_FILE',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_ROLE_ARN',
  'AWS_ROLE_SESSION_NAME',
  'ZSP_PASSPHRASE',
  'ZSP_WINDOW',
]);

/** Endpoints that give credentials, and API keys that go before them: AWS_BEARER_TOKEN_BEDROCK. */
const removedPrefixes = ['AWS_CONTAINER_', 'AWS_BEARER_TOKEN_'];

/**
 * A command's environment: this one without other credentials, and the additions. Names are compared without regard to
 * case, as Windows does, so that no spelling slips through.
 */
export function childEnvironment(
  env: Env,
  additions: Readonly<Record<string, string | Secret | undefined>>,
): Readonly<Record<string, string>> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    const upper = name.toUpperCase();
    if (value === undefined || removed.has(upper) || removedPrefixes.some((prefix) => upper.startsWith(prefix)))
      continue;
    result[name] = value;
  }
  for (const [name, value] of Object.entries(additions)) {
    if (value !== undefined) result[name] = value instanceof Secret ? value.open() : value;
  }
  return result;
}

/** The variables every AWS client reads: https://docs.aws.amazon.com/sdkref/latest/guide/feature-static-credentials.html */
export function credentialVariables(credentials: ChildCredentials): Readonly<Record<string, string | Secret>> {
  return {
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken,
    AWS_CREDENTIAL_EXPIRATION: formatExpiration(credentials.expiration),
  };
}

/** RFC 3339 in UTC, whole seconds, rounded down. */
export function formatExpiration(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}
