import { formatDuration } from '../duration';

/** AWS refuses signatures that are further off than this. */
const toleratedSkew = 5 * 60_000;

/** How far AWS's clock is ahead of ours, learned from the `Date` header of each answer (RFC 9110 §6.6.1). Milliseconds. */
export interface ClockSkew {
  learn(date: string | undefined): void;
  /** Undefined before the first answer. */
  skew(): number | undefined;
  /** The skew where it is over five minutes, else 0: what signing has to correct. */
  correction(): number;
  /** The time on AWS's clock, as far as it is known. */
  now(): number;
}

export function createClockSkew(now: () => number): ClockSkew {
  let known: number | undefined;
  const correction = () => (known !== undefined && Math.abs(known) > toleratedSkew ? known : 0);
  return {
    learn(date) {
      const theirs = Date.parse(date ?? '');
      if (Number.isFinite(theirs)) known = theirs - now();
    },
    skew: () => known,
    correction,
    now: () => now() + (known ?? 0),
  };
}

/** `; this machine's clock is 1h 3m behind AWS's`, or nothing where it is right enough. */
export function skewRemark(clock: ClockSkew): string {
  const correction = clock.correction();
  if (correction === 0) return '';
  const side = correction > 0 ? 'behind' : 'ahead of';
  return `; this machine's clock is ${formatDuration(Math.abs(correction) / 1000)} ${side} AWS's`;
}
