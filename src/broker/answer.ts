/** A session as an item holds it, its secrets as texts. Times are epoch milliseconds. */
export interface OpenSession {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiration: number;
  readonly accountId: string;
}

/**
 * The one line a credential process prints: compact, ASCII where the values are, `Expiration` in whole seconds with `Z`.
 * Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
 */
export function processAnswer(session: OpenSession): string {
  const answer = {
    Version: 1,
    AccessKeyId: session.accessKeyId,
    SecretAccessKey: session.secretAccessKey,
    SessionToken: session.sessionToken,
    Expiration: `${new Date(session.expiration).toISOString().slice(0, 19)}Z`,
    AccountId: session.accountId,
  };
  return `${JSON.stringify(answer)}\n`;
}
