import type { Directory } from './directory';
import type { Fault } from './faults';
import type { Exchange } from './wire';

/** Everything about the embedded AWS that a test or the demo may choose. */
export interface SandboxOptions {
  readonly directory: Directory;
  readonly lifetimes: Partial<Lifetimes>;
  /** Every answer is this much later. */
  readonly latencyMs: number;
  /** Epoch milliseconds: AWS's idea of now, also in the `Date` header. */
  readonly clock: () => number;
  /** What goes wrong to begin with; `sandbox.faults` changes it later. */
  readonly faults: readonly Fault[];
  /** The user approves each sign-in by himself this long after it started; never, if undefined. */
  readonly autoApproveMs: number | undefined;
  /** The port on 127.0.0.1; 0 takes a free one. */
  readonly port: number;
  /** Characters in a session token; AWS's are some 700 to 1,300, and it reserves up to 4,096. */
  readonly sessionTokenLength: number;
  /** Sees every request with its answer, secrets and all: what the tests hold against AWS's service models. */
  readonly observe: (exchange: Exchange) => void;
}

/** Seconds, with AWS's defaults. */
export interface Lifetimes {
  readonly registrationSeconds: number;
  readonly deviceCodeSeconds: number;
  /** The first polling interval; each `slow_down` adds five. */
  readonly intervalSeconds: number;
  readonly accessTokenSeconds: number;
  readonly refreshTokenSeconds: number;
}

export const defaultLifetimes: Lifetimes = {
  registrationSeconds: 90 * 86_400,
  deviceCodeSeconds: 600,
  intervalSeconds: 1,
  accessTokenSeconds: 8 * 3600,
  refreshTokenSeconds: 7 * 86_400,
};
