import type { Clock } from './ports';

/** Holds many requests to the rate that AWS allows, which it does not tell: it only refuses what is too much. */
export interface Pace {
  /** Waits until a request may be sent. @returns when that was, for the next two */
  take(): Promise<number>;
  accepted(): void;
  /** @param retryAfter milliseconds that AWS asked for */
  throttled(sentAt: number, retryAfter: number): void;
}

/** Requests a second to begin with: about what AWS's portal allows. */
const firstRate = 20;
const leastRate = 0.5;

/**
 * How the limit is felt for: by how much the rate grows a second, and what is left of it after a refusal. It doubles every
 * quarter of a second until the first refusal, comes back soon from that one, and from then on stays close below the limit.
 */
const steps = [
  { growth: 16, kept: 0.75 },
  { growth: 1.2, kept: 0.95 },
  { growth: 1.01, kept: 0.95 },
] as const;
const lastStep = steps[2];

/** A token bucket whose rate follows what AWS lets through. */
export function createPace({ now, sleep }: Clock): Pace {
  const startedAt = now();
  let rate = firstRate;
  let refusals = 0;
  let tokens = 1;
  let filledAt = startedAt;
  let quietUntil = 0;
  let adaptedAt = Number.NEGATIVE_INFINITY;
  /** When requests of the last second were let through. */
  let recent: number[] = [];

  function fill(): void {
    const seconds = (now() - filledAt) / 1000;
    filledAt = now();
    // What a pause saved up is sent in pairs, not all at once.
    tokens = Math.min(tokens + seconds * rate, 2);
    rate *= (steps[refusals] ?? lastStep).growth ** seconds;
  }

  return {
    async take() {
      for (;;) {
        const quiet = quietUntil - now();
        if (quiet > 0) {
          await sleep(quiet);
          filledAt = now();
          continue;
        }
        fill();
        if (tokens >= 1) {
          tokens -= 1;
          return now();
        }
        await sleep(Math.max(1, ((1 - tokens) / rate) * 1000));
      }
    },

    accepted() {
      recent.push(now());
      if (recent.length > 2 * rate + 100) recent = lastSecond(recent, now());
    },

    throttled(sentAt, retryAfter) {
      quietUntil = Math.max(quietUntil, now() + retryAfter);
      // Sent before the rate was last changed: that it was too fast is known already.
      if (sentAt <= adaptedAt) return;
      recent = lastSecond(recent, now());
      const proven = now() - startedAt < 1000 ? 0 : recent.length;
      const { kept } = steps[refusals] ?? lastStep;
      rate = Math.max(leastRate, Math.min(rate, Math.max(rate * kept, proven * kept)));
      tokens = 0;
      refusals += 1;
      adaptedAt = now();
    },
  };
}

function lastSecond(times: readonly number[], now: number): number[] {
  return times.filter((time) => time > now - 1000);
}
