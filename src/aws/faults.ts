import { type ErrorCode, ZspError } from '../errors';
import type { Secret } from '../secret';
import { redacted } from './redaction';

/** What the wire saw of one attempt; the rest is in the error that was made of its answer. */
export interface Sight {
  status?: number;
  headers?: Readonly<Record<string, string>>;
  trouble?: Trouble;
}

/** Something between us and AWS, rather than AWS's own answer. */
export interface Trouble {
  readonly words: string;
  readonly remedy: string;
  readonly retryable: boolean;
}

/** Why one attempt failed, with nothing left in it that must not be seen. */
export interface Failure {
  /** AWS's error code (`AccessDenied`) or the RFC's (`invalid_grant`); `''` where nothing of AWS's was understood. */
  readonly name: string;
  /** AWS's words, on one line, at most 300 characters. */
  readonly words: string;
  readonly status: number | undefined;
  readonly requestId: string | undefined;
  readonly trouble: Trouble | undefined;
}

const network = 'check the network, then run the command again';
const portal = 'open a web page in a browser to sign in to the network, or set HTTPS_PROXY, then run the command again';
const notAws = 'see what answers at that host: a proxy or a wrong endpoint; then run the command again';
const authority = "if your network inspects TLS, name its certificate authority's file in AWS_CA_BUNDLE";

export const redirected: Trouble = {
  words: 'answered with a redirect, which AWS never does: a captive portal or a proxy is in the way',
  remedy: portal,
  retryable: false,
};
export const webPage: Trouble = {
  words: 'answered with a web page: a captive portal or a proxy is in the way',
  remedy: portal,
  retryable: false,
};
export const nonsense = (wanted: string): Trouble => ({
  words: `answered something that is not ${wanted}`,
  remedy: notAws,
  retryable: false,
});

const passing: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection dropped',
  EPIPE: 'connection dropped',
  ETIMEDOUT: 'no connection in time',
  EAI_AGAIN: 'name lookup failed',
  ENETUNREACH: 'network unreachable',
  EHOSTUNREACH: 'host unreachable',
  PROXY_429: 'the proxy refused the tunnel (429)',
  PROXY_502: 'the proxy refused the tunnel (502)',
  PROXY_503: 'the proxy refused the tunnel (503)',
  PROXY_504: 'the proxy refused the tunnel (504)',
};

/** Names what Node says went wrong on the way. @param seconds how long was waited for an answer */
export function troubleOf(error: unknown, timedOut: boolean, seconds: number): Trouble {
  if (timedOut) return { words: `no answer within ${seconds} s`, remedy: network, retryable: true };
  const code = String((error as { code?: unknown } | undefined)?.code ?? '');
  const known = passing[code];
  if (known !== undefined) return { words: known, remedy: network, retryable: true };
  if (code === 'ENOTFOUND') {
    return {
      words: 'no such host',
      remedy: 'check the network and the region, then run the command again',
      retryable: false,
    };
  }
  if (code.startsWith('PROXY_')) {
    const words = `the proxy refused the tunnel (${plain(code.slice('PROXY_'.length))})`;
    return { words, remedy: 'check the user and the password in HTTPS_PROXY', retryable: false };
  }
  if (/CERT|UNABLE_TO|SELF_SIGNED|ERR_TLS/.test(code)) {
    return { words: `its certificate is not trusted (${plain(code)})`, remedy: authority, retryable: false };
  }
  if (code === 'TOO_LONG' || code.startsWith('HPE_')) return nonsense("one of AWS's answers");
  return { words: `the connection failed (${plain(code) || 'unknown'})`, remedy: network, retryable: false };
}

/** An error as AWS worded it, in the shape of the SDK's. */
export function worded(name: string, words: string): Error {
  return Object.assign(new Error(words), { name, $fault: 'client' });
}

/**
 * Reads the error an answer was made into, here or by the SDK. Only an error that AWS itself worded gives its words: what a
 * parser says of a body may quote it, and an SDK error's `$response` holds tokens.
 * @param secrets what was sent, lest an answer echoes it
 */
export function failureOf(error: unknown, sight: Sight, wanted: string, secrets: readonly Secret[]): Failure {
  const { status, headers } = sight;
  const said = (error ?? {}) as Readonly<Record<string, unknown>>;
  const isWorded = status !== undefined && status >= 400 && said.$fault !== undefined && sight.trouble === undefined;
  const words = isWorded ? redacted(String(said.error_description ?? said.message ?? ''), secrets) : '';
  const name = isWorded ? redacted(String(said.error ?? said.name ?? ''), secrets) : '';
  return {
    name: plain(name, 60),
    words: words === 'UnknownError' ? '' : plain(words),
    status,
    requestId: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.exec(headers?.['x-amzn-requestid'] ?? '')?.[0],
    trouble: sight.trouble ?? (status !== undefined && status < 400 ? nonsense(wanted) : undefined),
  };
}

/** Throttling and AWS's own troubles pass; a 4xx never does. */
export function isRetryable({ name, status, trouble }: Failure): boolean {
  if (trouble) return trouble.retryable;
  return status === 429 || (status ?? 0) >= 500 || isThrottled(name);
}

export function isThrottled(name: string): boolean {
  return /Throttl|TooManyRequests|RequestLimitExceeded|^(slow_down|SlowDownException)$/.test(name);
}

/** A ZspError about a failed call. Its cause keeps AWS's code, words, status and request id. */
export function refusal(code: ErrorCode, message: string, failure: Failure, remedy: string): ZspError {
  const { name, words, status, requestId } = failure;
  const cause = Object.assign(new Error(words || failure.trouble?.words || name), { status, requestId });
  cause.name = name || 'NoAnswer';
  return new ZspError(code, message, { remedy, cause });
}

/** AWS's reason in brackets: `(InvalidRequestException: …)`. */
export function reason({ name, words, status, trouble }: Failure): string {
  if (trouble) return trouble.words;
  return [name || `HTTP ${status}`, words].filter(Boolean).join(': ');
}

/** Text from outside, fit for a terminal: no control, bidirectional or other invisible characters, one line, bounded. */
export function plain(text: string, longest = 300): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  return line.length > longest ? `${line.slice(0, longest - 1)}…` : line;
}
