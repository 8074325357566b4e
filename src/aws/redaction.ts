import type { Secret } from '../secret';

/** A text of somebody else's without the secrets that it may hold. */
export function redacted(text: string, secrets: readonly Secret[]): string {
  return secrets.reduce((left, secret) => left.replaceAll(secret.open(), '[redacted]'), text);
}
