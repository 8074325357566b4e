import type { Assignments, ConsoleSignIn, Portal, SignIn, Sts } from '../broker/ports';
import type { Iam } from '../keys/iam';
import type { Env } from '../places';
import { createAssignments } from './assignments';
import { createCall, type Limits } from './call';
import { createClockSkew } from './clock-skew';
import { createSend } from './connection';
import { createConsoleSignIn } from './console-sign-in';
import { createIam } from './iam';
import { createPortal } from './portal';
import { createSignIn } from './sign-in';
import { createSts } from './sts';

export interface Aws {
  readonly signIn: SignIn;
  readonly portal: Portal;
  readonly assignments: Assignments;
  readonly sts: Sts;
  readonly console: ConsoleSignIn;
  readonly iam: Iam;
  /** Milliseconds AWS's clock is ahead of ours, by the latest answer; undefined before the first. */
  skew(): number | undefined;
}

export interface AwsOptions {
  readonly env: Env;
  readonly now: () => number;
  /** When every call must have ended, epoch milliseconds by `now`. */
  readonly deadline?: number;
  readonly limits?: Partial<Omit<Limits, 'deadline'>>;
}

/** AWS, as far as issuing needs it. Only a sign-in loads an SDK client (docs/adr/0006). */
export function createAws({ env, now, deadline = Number.POSITIVE_INFINITY, limits }: AwsOptions): Aws {
  const clock = createClockSkew(now);
  const call = createCall(createSend(env), clock, now, { request: 5_000, call: 16_000, deadline, ...limits });
  return {
    signIn: createSignIn(call, now),
    portal: createPortal(call, clock, now),
    assignments: createAssignments(call),
    sts: createSts(call, clock, now),
    console: createConsoleSignIn(call),
    iam: createIam(call),
    skew: clock.skew,
  };
}
