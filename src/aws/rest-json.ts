import type { Secret } from '../secret';
import { type Attempt, exchange, requestTo } from './attempt';
import type { Request } from './connection';
import { worded } from './faults';

/**
 * Asks the access portal, and takes the body of what it answers. REST with JSON:
 * https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html
 */
export async function ask(
  attempt: Attempt,
  token: Secret,
  request: Pick<Request, 'method' | 'path' | 'query'>,
): Promise<string> {
  const headers = { 'x-amz-sso_bearer_token': token.open() };
  const answer = await exchange(attempt, requestTo(attempt.endpoint, { ...request, headers }));
  const text = Buffer.from(answer.body).toString('utf8');
  if (answer.status < 400) return text;
  const body = parse(text);
  const code = answer.headers['x-amzn-errortype'] ?? field(body, '__type') ?? field(body, 'code') ?? '';
  throw worded(errorName(String(code)), String(field(body, 'message') ?? field(body, 'Message') ?? ''));
}

/** `aws.protocoltests#FooError:http://…` is FooError. */
function errorName(code: string): string {
  const [name = ''] = code.split(/[,:]/);
  return name.slice(name.indexOf('#') + 1);
}

/** Undefined for what is no JSON. */
export function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined;
}
