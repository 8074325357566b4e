import { setTimeout as sleep } from 'node:timers/promises';
import { ZspError } from '../errors';
import type { Secret } from '../secret';
import { clientOptions, type Keys } from './client-options';
import { type ClockSkew, skewRemark } from './clock-skew';
import type { Send } from './connection';
import { type Failure, failureOf, isRetryable, isThrottled, nonsense, reason, refusal, type Sight } from './faults';

/** One operation of AWS's, e.g. GetRoleCredentials. */
export interface Operation<Output, Result> {
  readonly name: string;
  readonly endpoint: string;
  readonly region: string;
  readonly keys?: Keys;
  /** What is sent and must not come back in an error. */
  readonly secrets: readonly Secret[];
  /** What the answer should be, for the error when it is not: `credentials`. */
  readonly wanted: string;
  send(options: ReturnType<typeof clientOptions>): Promise<Output>;
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

const mostTries = 3;
const firstWait = { throttled: 500, otherwise: 200 };
const skewed = /^(RequestTimeTooSkewed|RequestExpired|SignatureDoesNotMatch|InvalidSignatureException|AuthFailure)$/;

/** Makes calls: bounded in time, tried again where that can help, every failure a ZspError. */
export function createCall(send: Send, clock: ClockSkew, now: () => number, limits: Limits): Call {
  return async (operation) => {
    const end = Math.min(now() + limits.call, limits.deadline);
    const endpoint = new URL(operation.endpoint);
    let corrected = false;
    for (let tries = 1; ; tries++) {
      const milliseconds = Math.min(limits.request, end - now());
      if (milliseconds <= 0) throw outOfTime(operation.name, endpoint, tries - 1);
      const sight: Sight = {};
      const signedWith = clock.correction();
      const { keys, region } = operation;
      try {
        const output = await operation.send(
          clientOptions({ endpoint, region, keys, send, clock, milliseconds, sight }),
        );
        const result = operation.read(output);
        if (result !== undefined) return result;
        sight.trouble = nonsense(operation.wanted);
        throw new Error(sight.trouble.words);
      } catch (error) {
        if (error instanceof ZspError) throw error;
        const failure = failureOf(error, sight, operation.wanted, operation.secrets);
        if (failure.status === undefined && failure.trouble === undefined) {
          throw new ZspError('internal', `${operation.name} could not be sent`, { remedy: 'run zsp doctor' });
        }
        if (skewed.test(failure.name) && !corrected && clock.correction() !== signedWith) {
          corrected = true;
          continue;
        }
        const explained = isRetryable(failure) || skewed.test(failure.name) ? undefined : operation.explain(failure);
        if (explained instanceof ZspError) throw explained;
        if (explained) return explained.result;
        const wait = waitBefore(tries + 1, failure, sight);
        if (!isRetryable(failure) || tries >= mostTries || now() + wait >= end) {
          throw unavailable(operation.name, endpoint, tries, failure, clock);
        }
        await sleep(wait);
      }
    }
  };
}

/** Full jitter, and not sooner than AWS asks for in Retry-After (RFC 9110 §10.2.3; seconds, or a date). */
function waitBefore(nextTry: number, failure: Failure, sight: Sight): number {
  const base = failure.status === 429 || isThrottled(failure.name) ? firstWait.throttled : firstWait.otherwise;
  const jitter = Math.random() * base * 2 ** (nextTry - 2);
  const { 'retry-after': after = '', date = '' } = sight.headers ?? {};
  const asked = /^\d+$/.test(after) ? Number(after) * 1000 : Date.parse(after) - Date.parse(date);
  return Math.max(jitter, asked || 0);
}

function unavailable(name: string, endpoint: URL, tries: number, failure: Failure, clock: ClockSkew): ZspError {
  const often = tries === 1 ? 'tried once' : `tried ${tries} times`;
  const message = `${name} at ${endpoint.host} failed, ${often}: ${reason(failure)}${skewRemark(clock)}`;
  if (clock.correction() !== 0 && skewed.test(failure.name)) {
    return refusal('aws_unavailable', message, failure, "set this machine's clock, then run the command again");
  }
  const throttled = failure.status === 429 || isThrottled(failure.name);
  const later = throttled ? 'AWS limits how often it is asked: wait a minute' : 'wait a minute';
  return refusal(
    'aws_unavailable',
    message,
    failure,
    failure.trouble?.remedy ?? `${later}, then run the command again`,
  );
}

function outOfTime(name: string, endpoint: URL, tries: number): ZspError {
  return new ZspError('aws_unavailable', `no time was left for ${name} at ${endpoint.host}, tried ${tries} times`, {
    remedy: 'check the network, then run the command again',
  });
}
