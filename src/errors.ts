/** Every way zsp can fail, and the exit status a script sees (docs/troubleshooting.md). */
export const exitStatus = {
  internal: 1,
  usage: 2,
  config_invalid: 3,
  sign_in_required: 4,
  access_denied: 5,
  keychain_unavailable: 6,
  aws_unavailable: 7,
  elevation_required: 8,
  storage_failed: 9,
  findings: 10,
  interrupted: 130,
} as const;

export type ErrorCode = keyof typeof exitStatus;

/**
 * The one error zsp throws on purpose. `message` says what is wrong, `remedy` what the user can do about it; both are one
 * line and free of secrets, since SDKs put them verbatim into an application's exception.
 */
export class ZspError extends Error {
  override readonly name = 'ZspError';
  readonly code: ErrorCode;
  readonly remedy: string | undefined;

  constructor(code: ErrorCode, message: string, options: { remedy?: string; cause?: unknown } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.remedy = options.remedy;
  }
}

/** The exit status for anything thrown: an unknown throwable is a bug in zsp. */
export function exitStatusOf(error: unknown): number {
  return error instanceof ZspError ? exitStatus[error.code] : exitStatus.internal;
}
