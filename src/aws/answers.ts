/**
 * A text that may be stored, sent and printed: not empty, no control, space or other invisible characters.
 * AWS reserves 4,096 characters for session tokens; OIDC tokens may be longer.
 */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && /^[\x21-\x7e]{1,16384}$/.test(value);
}

export function isPositive(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0;
}
