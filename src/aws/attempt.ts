import type { ClockSkew } from './clock-skew';
import type { Answer, Request, Send } from './connection';
import { redirected, type Sight, troubleOf, webPage } from './faults';

/** What one attempt at one call is made with. */
export interface Attempt {
  readonly endpoint: URL;
  readonly region: string;
  readonly send: Send;
  readonly clock: ClockSkew;
  /** How long this attempt may take. */
  readonly milliseconds: number;
  /** Ends it before its time. */
  readonly stop?: AbortSignal | undefined;
  /** Filled in as the attempt goes on. */
  readonly sight: Sight;
}

/** A request to an endpoint, whose own path, where it has one, goes before. */
export function requestTo(
  endpoint: URL,
  { path, headers, ...request }: Pick<Request, 'method' | 'path' | 'query' | 'headers' | 'body'>,
): Request {
  const { protocol, hostname, host, port, pathname } = endpoint;
  return {
    protocol,
    hostname,
    ...(port && { port: Number(port) }),
    ...request,
    path: pathname.replace(/\/+$/, '') + path,
    headers: { host, 'user-agent': 'zsp', ...headers },
  };
}

/** Sends one request and takes AWS's answer, whatever its status; anything in AWS's place is trouble, and thrown. */
export async function exchange(attempt: Attempt, request: Request): Promise<Answer> {
  const { endpoint, send, clock, milliseconds, stop, sight } = attempt;
  const limit = AbortSignal.timeout(milliseconds);
  const answer = await send(endpoint, request, stop ? AbortSignal.any([limit, stop]) : limit).catch(
    (error: unknown) => {
      sight.trouble = troubleOf(error, limit.aborted, Math.ceil(milliseconds / 1000));
      throw error;
    },
  );
  sight.status = answer.status;
  sight.headers = answer.headers;
  if (answer.status >= 300 && answer.status < 400) sight.trouble = redirected;
  else if (answer.status < 500 && isWebPage(answer)) sight.trouble = webPage;
  else clock.learn(answer.headers.date);
  if (sight.trouble) throw new Error(sight.trouble.words);
  return answer;
}

function isWebPage({ headers, body }: Answer): boolean {
  const start = Buffer.from(body.subarray(0, 200)).toString('latin1').trimStart().toLowerCase();
  return /^text\/html/i.test(headers['content-type'] ?? '') || /^<(!doctype html|html|head|body)\b/.test(start);
}
