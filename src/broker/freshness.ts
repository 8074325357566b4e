/** When a session is renewed. Pure and without imports: the hit path uses it too. Times are epoch milliseconds. */

const minute = 60_000;

/** `serve` it; `renew`: serve it and renew behind; `stale`: mint now, and serve it only if AWS cannot be reached; `ended`. */
export type Freshness = 'serve' | 'renew' | 'stale' | 'ended';

export interface Lifetime {
  readonly issuedAt: number;
  readonly expiration: number;
  /** When the elevation window closes, if there is one. */
  readonly windowEndsAt?: number | undefined;
}

export function freshness({ issuedAt, expiration, windowEndsAt }: Lifetime, now: number): Freshness {
  if (now >= expiration || (windowEndsAt !== undefined && now >= windowEndsAt)) return 'ended';
  // A session that already ends with its window has nothing to be renewed for.
  if (windowEndsAt !== undefined && expiration >= windowEndsAt) return 'serve';
  const ahead = Math.min(16 * minute, (expiration - issuedAt) / 3);
  const left = expiration - now;
  if (left > ahead) return 'serve';
  if (left > ahead / 2) return 'renew';
  return left > minute ? 'stale' : 'ended';
}

/** Until when a session is served without asking AWS first, or a little longer. */
export function servedUntil({ issuedAt, expiration }: Lifetime): number {
  return expiration - Math.min(16 * minute, (expiration - issuedAt) / 3) / 2;
}
