import { request } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Callback } from '../../src/broker/ports';
import { startCallback } from '../../src/terminal/callback';

let callback: Callback;
let settled: boolean;
beforeEach(async () => {
  callback = await startCallback(60_000);
  settled = false;
  void callback.answer.then(() => {
    settled = true;
  });
});
afterEach(() => callback.close());

interface Asked {
  readonly path?: string;
  readonly query?: string;
  readonly method?: string;
  readonly host?: string;
}

/** Whatever a client may send, to the callback's port. */
function ask({ path = '/oauth/callback', query = '', method = 'GET', host }: Asked) {
  const { port, host: own } = new URL(callback.redirectUri);
  return new Promise<{ readonly status: number; readonly body: string }>((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path: path + query, method, headers: { host: host ?? own } });
    sent.on('error', reject).on('response', (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    sent.end();
  });
}

const query = (fields: Readonly<Record<string, string>>) => `?${new URLSearchParams(fields)}`;
const answer = (more: Readonly<Record<string, string>>) => query({ state: callback.state, ...more });
const codeOf = (given: Awaited<Callback['answer']>) => (given && 'code' in given ? given.code.open() : undefined);

test('the code that comes with the state is the answer, and its page says what to do now', async () => {
  const { status, body } = await ask({ query: answer({ code: 'the-code' }) });
  expect(status).toBe(200);
  expect(body).toContain('You can close this window');
  expect(body).not.toContain('the-code');
  expect(codeOf(await callback.answer)).toBe('the-code');
});

test('every sign-in has a state and a port of its own, on 127.0.0.1', async () => {
  const other = await startCallback(60_000);
  other.close();
  expect(callback.redirectUri).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/oauth\/callback$/);
  expect(callback.state).toMatch(/^[\w-]{43}$/);
  expect([other.state, other.redirectUri]).not.toContain(callback.state);
  expect(other.redirectUri).not.toBe(callback.redirectUri);
});

describe('what is no answer is refused, and the wait goes on', () => {
  test.each<[string, () => Asked, number]>([
    ['a wrong state', () => ({ query: query({ state: `${callback.state}x`, code: 'evil' }) }), 400],
    ['no state', () => ({ query: query({ code: 'evil' }) }), 400],
    ['an empty state', () => ({ query: query({ state: '', code: 'evil' }) }), 400],
    ['an error with a wrong state', () => ({ query: query({ state: 'x', error: 'access_denied' }) }), 400],
    ['an error without a state', () => ({ query: query({ error: 'access_denied' }) }), 400],
    ['the state twice', () => ({ query: `${answer({ code: 'evil' })}&state=${callback.state}` }), 400],
    ['the code twice', () => ({ query: `${answer({ code: 'evil' })}&code=evil` }), 400],
    ['code and error at once', () => ({ query: answer({ code: 'evil', error: 'access_denied' }) }), 400],
    ['neither code nor error', () => ({ query: answer({}) }), 400],
    ['a code with a line end', () => ({ query: answer({ code: 'evil\r\nx' }) }), 400],
    ['another path', () => ({ path: '/', query: answer({ code: 'evil' }) }), 404],
    ['a path that begins alike', () => ({ path: '/oauth/callback/', query: answer({ code: 'evil' }) }), 404],
    ['a path that is written otherwise', () => ({ path: '/oauth/%63allback', query: answer({ code: 'evil' }) }), 404],
    ['a whole address', () => ({ path: callback.redirectUri, query: answer({ code: 'evil' }) }), 404],
    ['another Host', () => ({ host: 'evil.example', query: answer({ code: 'evil' }) }), 403],
    [
      'localhost',
      () => ({ host: `localhost:${new URL(callback.redirectUri).port}`, query: answer({ code: 'evil' }) }),
      403,
    ],
    ['a POST', () => ({ method: 'POST', query: answer({ code: 'evil' }) }), 405],
    ['a HEAD', () => ({ method: 'HEAD', query: answer({ code: 'evil' }) }), 405],
    ["a browser's preflight", () => ({ method: 'OPTIONS', query: answer({ code: 'evil' }) }), 405],
  ])('%s', async (_what, asked, status) => {
    const refused = await ask(asked());
    expect(refused.status).toBe(status);
    expect(refused.body).not.toMatch(/evil|access_denied/);
    expect(settled).toBe(false);
    await ask({ query: answer({ code: 'true' }) });
    expect(codeOf(await callback.answer)).toBe('true');
  });
});

test('an error is told without anything a terminal would obey', async () => {
  const hostile = '\u001b[2Jno\u202e\r\nzsp: \u001b]8;;https://evil.example\u0007click\u001b]8;;\u0007'.repeat(50);
  const { status, body } = await ask({
    query: answer({ error: 'server\u001b[31m_error', error_description: hostile }),
  });
  expect(status).toBe(200);
  expect(body).toContain('You can close this window');
  expect(body).not.toContain('zsp: ');
  const given = await callback.answer;
  expect(given).toMatchObject({ error: 'server_error', description: expect.stringMatching(/^no zsp: click/) });
  expect(JSON.stringify(given)).not.toMatch(/\\u|\\r|\\n|evil/);
  expect(JSON.stringify(given).length).toBeLessThan(300);
});

test('a second answer is not heard, whether it is late or was half-way already', async () => {
  const { port, host } = new URL(callback.redirectUri);
  const second = connect(Number(port), '127.0.0.1');
  let heard = '';
  second.setEncoding('utf8').on('data', (text: string) => {
    heard += text;
  });
  second.on('error', () => {});
  second.write(`GET /oauth/callback${answer({ code: 'second' })} HTTP/1.1\r\nHost`);
  await sleep(50);
  await ask({ query: answer({ code: 'first' }) });
  second.write(`: ${host}\r\n\r\n`);
  expect(codeOf(await callback.answer)).toBe('first');
  await sleep(50);
  expect(heard).toMatch(/^HTTP\/1\.1 400 /);
  await expect(ask({ query: answer({ code: 'third' }) })).rejects.toThrow('ECONNREFUSED');
});

test('nobody is waited for longer than was said', async () => {
  const short = await startCallback(20);
  expect(await short.answer).toBeUndefined();
  short.close();
});

test('other addresses of this machine do not lead to it', async () => {
  const { port } = new URL(callback.redirectUri);
  const refused = await fetch(`http://127.0.0.2:${port}/oauth/callback`).catch((error: Error) => error.cause);
  expect(refused).toMatchObject({ code: expect.stringMatching(/ECONNREFUSED|EADDRNOTAVAIL|ETIMEDOUT/) });
});

test('a port that is taken is an error', async () => {
  const { port } = new URL(callback.redirectUri);
  await expect(startCallback(1000, Number(port))).rejects.toMatchObject({ code: 'EADDRINUSE' });
});

test('after close nothing answers any more', async () => {
  callback.close();
  await expect(ask({ query: answer({ code: 'late' }) })).rejects.toThrow('ECONNREFUSED');
});
