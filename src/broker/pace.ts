import type { Clock } from './ports';

/** Holds many requests to the rate that AWS allows, which it does not tell: it only refuses what is too much. */
export interface Pace {
  /** Waits until a request may be sent. @returns when that was, for `throttled` */
  take(): Promise<number>;
  accepted(): void;
  /** @param retryAfter milliseconds that AWS asked for */
  throttled(sentAt: number, retryAfter: number): void;
}

/** Requests a second to begin with: about what AWS's portal allows. */
const firstRate = 20;
const leastRate = 0.5;

/** What each accepted request adds to the rate before the first refusal: it doubles in the time of a dozen round trips to AWS. */
const firstStep = 5;

/** What is left of the rate after the first refusal, which comes late and far above the limit, and after each later one. */
const kept = { first: 0.5, later: 0.93 };

/** What a refusal took is given back over so many accepted requests, and over twenty times as long as AWS asked for quiet. */
const regain = { requests: 40, quiets: 20 };

/** Seconds of its own rate. */
const catchUp = 0.05;

/** A token bucket whose rate follows what AWS lets through: up a little with each answer, down by a part with each refusal. */
export function createPace({ now, sleep }: Clock): Pace {
  let rate = firstRate;
  let step = firstStep;
  let tokens = 1;
  let filledAt = now();
  let quietUntil = 0;
  let adaptedAt = Number.NEGATIVE_INFINITY;
  let waiting = 0;

  function fill(): void {
    // A busy machine wakes late, and may catch up a little; what a longer pause saved up is not sent all at once.
    tokens = Math.min(tokens + ((now() - filledAt) / 1000) * rate, Math.max(2, rate * catchUp));
    filledAt = now();
  }

  async function turn(): Promise<number> {
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
  }

  return {
    async take() {
      waiting += 1;
      try {
        return await turn();
      } finally {
        waiting -= 1;
      }
    },

    accepted() {
      fill();
      // A rate that holds nobody back is not the one that was accepted.
      if (waiting > 0) rate += step;
    },

    throttled(sentAt, retryAfter) {
      quietUntil = Math.max(quietUntil, now() + retryAfter);
      // Sent before the rate was last changed: that it was too fast is known already.
      if (sentAt <= adaptedAt) return;
      const lost = rate * (1 - (adaptedAt < 0 ? kept.first : kept.later));
      rate = Math.max(leastRate, rate - lost);
      step = lost / Math.max(regain.requests, (regain.quiets * retryAfter * rate) / 1000);
      tokens = 0;
      filledAt = now();
      adaptedAt = now();
    },
  };
}
