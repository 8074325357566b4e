import { ZspError } from '../errors';
import type { Env } from '../places';
import { exchange, requestTo } from './attempt';
import { createClockSkew } from './clock-skew';
import { createSend, type Request } from './connection';
import type { Sight } from './faults';
import { proxyFor } from './proxy';

/** What an endpoint is asked; AWS refuses each for want of a token, and tells its time. */
export type Question = 'oidc' | 'portal' | 'sts';

/** Asks an endpoint without any credentials. @returns milliseconds AWS's clock is ahead of ours @throws ZspError `aws_unavailable`, `config_invalid` */
export type Reach = (question: Question, endpoint: string) => Promise<number | undefined>;

const questions: Readonly<Record<Question, Pick<Request, 'method' | 'path' | 'headers' | 'body'>>> = {
  oidc: { method: 'POST', path: '/token', headers: { 'content-type': 'application/json' }, body: '{}' },
  portal: { method: 'GET', path: '/assignment/accounts', headers: {} },
  sts: {
    method: 'POST',
    path: '/',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'Action=GetCallerIdentity&Version=2011-06-15',
  },
};

export function createReach(env: Env, now: () => number, milliseconds = 5_000): Reach {
  const send = createSend(env);
  return async (question, endpoint) => {
    const url = new URL(endpoint);
    const clock = createClockSkew(now);
    const sight: Sight = {};
    try {
      await exchange(
        { endpoint: url, region: '', send, clock, milliseconds, sight },
        requestTo(url, questions[question]),
      );
    } catch (error) {
      if (error instanceof ZspError) throw error;
      const proxy = proxyFor(url, env);
      const way = proxy ? ` through the proxy ${proxy.host}` : '';
      const { words = 'the connection failed', remedy = 'check the network' } = sight.trouble ?? {};
      throw new ZspError('aws_unavailable', `${url.host} cannot be reached${way}: ${words}`, { remedy });
    }
    return clock.skew();
  };
}
