import type { Directory } from '../../src/sandbox/directory';

export interface Throttle {
  readonly url: string;
  /** Milliseconds of `performance.now()`. */
  readonly seen: {
    readonly allowed: number;
    readonly refused: number;
    readonly firstAt: number;
    readonly lastAt: number;
  };
  close(): Promise<void>;
}

export function startThrottle(
  sandboxUrl: string,
  limit: {
    readonly perSecond: number;
    readonly burst?: number;
    readonly latencyMs?: number;
    readonly retryAfter?: number;
  },
): Promise<Throttle>;

export function bigDirectory(directory: Directory, accounts: number, roles: number): Directory;
