import type { Clock } from './ports';

/** Holds many requests to the rate that AWS allows, which it does not tell: it only refuses what is too much. */
export interface Pace {
  /** Waits until a request may be sent. @returns when that was, for the next two */
  take(): Promise<number>;
  accepted(): void;
  /** @param retryAfter milliseconds that AWS asked for */
  throttled(sentAt: number, retryAfter: number): void;
}

/** How fast the rate is felt for again, a second: quickly after the first refusal, which was a guess, then slowly. */
const firstGrowth = 1;
const laterGrowth = 0.005;

/** Under what was allowed: at the very rate, every unevenness is refused. */
const margin = 0.97;

/** Seconds of the rate that may be sent at once after a pause. */
const burst = 1;

const leastRate = 0.5;

/**
 * A token bucket of unknown size: nothing is held back until AWS first refuses (as in the SDKs' adaptive retry mode), from
 * then on the rate follows what AWS let through since the refusal before.
 */
export function createPace({ now, sleep }: Clock): Pace {
  let rate = Number.POSITIVE_INFINITY;
  let refusals = 0;
  let tokens = 0;
  let filledAt = now();
  let quietUntil = 0;
  let measuredFrom = now();
  let adaptedAt = Number.NEGATIVE_INFINITY;
  let passed = 0;

  function fill(): void {
    const seconds = (now() - filledAt) / 1000;
    filledAt = now();
    if (rate === Number.POSITIVE_INFINITY) return;
    tokens = Math.min(tokens + seconds * rate, Math.max(1, rate * burst));
    rate *= 1 + seconds * (refusals > 1 ? laterGrowth : firstGrowth);
  }

  return {
    async take() {
      for (;;) {
        const quiet = quietUntil - now();
        fill();
        if (quiet > 0) await sleep(quiet);
        else if (rate === Number.POSITIVE_INFINITY) return now();
        else if (tokens >= 1) {
          tokens -= 1;
          return now();
        } else await sleep(Math.max(1, ((1 - tokens) / rate) * 1000));
      }
    },

    accepted() {
      passed += 1;
    },

    throttled(sentAt, retryAfter) {
      quietUntil = Math.max(quietUntil, now() + retryAfter);
      // Sent before the rate was last changed: that it was too fast is known already.
      if (sentAt <= adaptedAt) return;
      fill();
      const seconds = Math.max(0.001, (now() - measuredFrom) / 1000);
      const measured = passed / seconds;
      const known = refusals > 0 && passed >= 10;
      const ceiling = Math.min(rate, Math.max(measured, leastRate));
      rate = Math.max(leastRate, known ? Math.max(rate / 2, ceiling * margin) : ceiling / 2);
      refusals += 1;
      tokens = 0;
      passed = 0;
      measuredFrom = now();
      adaptedAt = now();
    },
  };
}
