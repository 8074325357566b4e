import { setTimeout as sleep } from 'node:timers/promises';
import { ZspError } from '../errors';
import type { Secret } from '../secret';
import type { Attempt } from './attempt';
import { type ClockSkew, skewRemark } from './clock-skew';
import type { Send } from './connection';
import { type Failure, failureOf, isRetryable, isThrottled, nonsense, reason, refusal, type Sight } from './faults';

/** One operation of AWS's, e.g. GetRoleCredentials. */
export interface Operation<Output, Result> {
  readonly name: string;
  readonly endpoint: string;
  readonly region: string;
  /** What is sent and must not come back in an error. */
  readonly secrets: readonly Secret[];
  /** What the answer should be, for the error when it is not: `credentials`. */
  readonly wanted: string;
  /** Ends it before its time. */
  readonly stop?: AbortSignal | undefined;
  send(attempt: Attempt): Promise<Output>;
  /** Undefined for an answer that is not what was wanted. */
  read(output: Output): Result | undefined;
  /** The failures this operation has a word for: an error to throw, or a result. */
  explain(failure: Failure): ZspError | { readonly result: Result } | undefined;
}

export type Call = <Output, Result>(operation: Operation<Output, Result>) => Promise<Result>;

/** Milliseconds. */
export interface Limits {
  /** Connecting and answering, of one request. */
  readonly request: number;
  /** One call with all its tries. */
  readonly call: number;
  /** When, by the clock, everything must have ended. */
  readonly deadline: number;
}

const minute = 60_000;
const mostTries = 3;
const firstWait = { throttled: 500, otherwise: 200 };

type Outcome<Result> = { readonly result: Result } | { readonly failure: Failure; readonly sight: Sight };

/** Makes calls: bounded in time, tried again where that can help, every failure a ZspError. */
export function createCall(send: Send, clock: ClockSkew, now: () => number, limits: Limits): Call {
  return async (operation) => {
    const endpoint = new URL(operation.endpoint);
    const end = Math.min(now() + limits.call, limits.deadline);
    for (let tries = 1; ; tries++) {
      const milliseconds = Math.min(limits.request, end - now());
      if (milliseconds <= 0) throw outOfTime(operation.name, endpoint, tries - 1);
      const signedWith = clock.correction();
      const outcome = await tryOnce(operation, { endpoint, send, clock, milliseconds });
      if ('result' in outcome) return outcome.result;

      const { failure, sight } = outcome;
      const explained = failure.trouble ? undefined : operation.explain(failure);
      if (explained instanceof ZspError) throw explained;
      if (explained) return explained.result;

      const learnt = isSkewed(failure) && Math.abs(clock.correction() - signedWith) > minute;
      const wait = learnt ? 0 : waitBefore(tries + 1, failure, sight);
      if (!(learnt || isRetryable(failure)) || tries >= mostTries || now() + wait >= end || operation.stop?.aborted) {
        throw unavailable(operation.name, endpoint, tries, failure, clock);
      }
      await sleep(wait);
    }
  };
}

async function tryOnce<Output, Result>(
  operation: Operation<Output, Result>,
  conditions: Pick<Attempt, 'endpoint' | 'send' | 'clock' | 'milliseconds'>,
): Promise<Outcome<Result>> {
  const { region, wanted, stop } = operation;
  const sight: Sight = {};
  try {
    const result = operation.read(await operation.send({ ...conditions, region, sight, stop }));
    if (result !== undefined) return { result };
    sight.trouble = nonsense(wanted);
    return { failure: failureOf(undefined, sight, wanted, []), sight };
  } catch (error) {
    if (error instanceof ZspError) throw error;
    const failure = failureOf(error, sight, wanted, operation.secrets);
    if (failure.status !== undefined || failure.trouble) return { failure, sight };
    throw new ZspError('internal', `${operation.name} could not be sent`, {
      remedy: 'run zsp doctor, and report this',
    });
  }
}

/** Full jitter, and not sooner than AWS asks for in Retry-After (RFC 9110 §10.2.3; seconds, or a date). */
function waitBefore(nextTry: number, failure: Failure, sight: Sight): number {
  const base = failure.status === 429 || isThrottled(failure.name) ? firstWait.throttled : firstWait.otherwise;
  const jitter = Math.random() * base * 2 ** (nextTry - 2);
  return Math.max(jitter, retryAfter(sight));
}

/** Milliseconds that AWS asks to be left alone; 0 where it does not. */
export function retryAfter({ headers }: Sight): number {
  const { 'retry-after': after = '', date = '' } = headers ?? {};
  const asked = /^\d+$/.test(after) ? Number(after) * 1000 : Date.parse(after) - Date.parse(date);
  return Math.max(0, asked || 0);
}

function isSkewed({ name }: Failure): boolean {
  return /^(RequestTimeTooSkewed|RequestExpired|SignatureDoesNotMatch|InvalidSignatureException)$/.test(name);
}

function unavailable(name: string, endpoint: URL, tries: number, failure: Failure, clock: ClockSkew): ZspError {
  const often = tries === 1 ? 'tried once' : `tried ${tries} times`;
  const message = `${name} at ${endpoint.host} failed, ${often}: ${reason(failure)}${skewRemark(clock)}`;
  return refusal('aws_unavailable', message, failure, remedyOf(failure, clock));
}

function remedyOf(failure: Failure, clock: ClockSkew): string {
  if (failure.trouble) return failure.trouble.remedy;
  if (isSkewed(failure) && clock.correction() !== 0) return "set this machine's clock, then run the command again";
  if (isRetryable(failure)) return 'wait a minute, then run the command again';
  return 'check the region and the profile; zsp doctor looks at both';
}

function outOfTime(name: string, endpoint: URL, tries: number): ZspError {
  return new ZspError('aws_unavailable', `no time was left for ${name} at ${endpoint.host}, tried ${tries} times`, {
    remedy: 'check the network, then run the command again',
  });
}
