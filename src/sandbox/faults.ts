import type { Answer, Operation } from './wire';
import { Refusal } from './wire';

/** Something that goes wrong on purpose. */
export interface Fault {
  readonly match: {
    /** `CreateToken`, `AssumeRole`, …; absent matches every operation. */
    readonly operation?: string;
    /** How many requests it hits before it is over; absent: all. */
    readonly times?: number;
  };
  readonly action: FaultAction;
  /** Seconds, sent as `Retry-After`. */
  readonly retryAfter?: number;
}

/**
 * `throttle`, `error500`: in the service's own words. `drop`: the request is carried out, and the connection closes in the
 * middle of the answer. `hang`: no answer at all. `garbage`: 200 and random bytes. `html`: 200 and a page, as captive portals
 * do. `redirect`: 302 to `/captive` on the sandbox, whose log shows who followed and what it sent along.
 */
export type FaultAction =
  | 'throttle'
  | 'error500'
  | 'drop'
  | 'hang'
  | 'garbage'
  | 'html'
  | 'redirect'
  | { readonly status: number; readonly body: string; readonly headers?: Readonly<Record<string, string>> };

/** Finds the fault that hits this operation, counting it down and dropping it when used up. */
export function nextFault(faults: Fault[], operation: string): Fault | undefined {
  const at = faults.findIndex(({ match }) => match.operation === undefined || match.operation === operation);
  const fault = faults[at];
  if (!fault) return undefined;
  const { times } = fault.match;
  if (times !== undefined && times <= 1) faults.splice(at, 1);
  else if (times !== undefined) faults[at] = { ...fault, match: { ...fault.match, times: times - 1 } };
  return fault;
}

/** The answer a fault gives instead of the operation's own. */
export function faultAnswer(fault: Fault, operation: Operation, url: string): Answer {
  const answer = bareFaultAnswer(fault, operation, url);
  if (fault.retryAfter === undefined) return answer;
  return { ...answer, headers: { ...answer.headers, 'retry-after': String(fault.retryAfter) } };
}

function bareFaultAnswer({ action }: Fault, operation: Operation, url: string): Answer {
  if (typeof action === 'object') return { headers: {}, ...action };
  const page = { 'content-type': 'text/html; charset=utf-8' };
  switch (action) {
    case 'throttle':
      return operation.refuse(throttled[operation.service]);
    case 'error500':
      return operation.refuse(broken[operation.service]);
    case 'garbage':
      return {
        status: 200,
        headers: { 'content-type': 'application/octet-stream' },
        body: Buffer.alloc(512, '\u00ff\u0000{<'),
      };
    case 'redirect':
      return { status: 302, headers: { ...page, location: `${url}/captive` }, body: '' };
    default:
      return {
        status: 200,
        headers: page,
        body: '<!doctype html><title>Welcome to Hotel Wi-Fi</title><p>Please sign in.',
      };
  }
}

const throttled = {
  oidc: new Refusal(400, 'slow_down', 'Too many requests'),
  portal: new Refusal(429, 'TooManyRequestsException', 'HTTP 429 Unknown Code'),
  sts: new Refusal(400, 'Throttling', 'Rate exceeded'),
  iam: new Refusal(400, 'Throttling', 'Rate exceeded'),
  s3: new Refusal(503, 'SlowDown', 'Please reduce your request rate.'),
  page: new Refusal(429, 'TooManyRequests', 'Too many requests'),
} as const;

const broken = {
  oidc: new Refusal(500, 'server_error', 'Internal server error'),
  portal: new Refusal(500, 'InternalServerException', 'Internal server error'),
  sts: new Refusal(500, 'InternalFailure', 'We encountered an internal error. Please try again.'),
  iam: new Refusal(500, 'ServiceFailure', 'The request processing has failed because of an unknown error.'),
  s3: new Refusal(500, 'InternalError', 'We encountered an internal error. Please try again.'),
  page: new Refusal(500, 'InternalError', 'Internal error'),
} as const;
