import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CredentialServer, startCredentialServer } from '../../src/child/credential-server';
import { ZspError } from '../../src/errors';
import { Secret } from '../../src/secret';

const credentials = {
  accessKeyId: 'ASIAEXAMPLE',
  secretAccessKey: new Secret('the-secret-key'),
  sessionToken: new Secret('the-session-token'),
  expiration: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
  accountId: '111122223333',
};

interface Asked {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Answered {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

function ask(
  server: CredentialServer,
  { method = 'GET', path = '/credentials', headers = {} }: Asked,
): Promise<Answered> {
  const { hostname, port } = new URL(server.uri);
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, method, path, headers, agent: false }, (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, body }));
    });
    sent.on('error', reject).end();
  });
}

describe('the endpoint of exec --server', () => {
  let server: CredentialServer;
  let calls = 0;
  let fault: Error | undefined;
  const reported: string[] = [];
  const authorized = () => ({ authorization: server.token.open() });

  beforeAll(async () => {
    server = await startCredentialServer(
      async () => {
        calls += 1;
        await new Promise((resolve) => setTimeout(resolve, 30));
        if (fault) throw fault;
        return credentials;
      },
      (error) => reported.push(error.message),
    );
  });
  afterAll(() => server.close());

  test('gives credentials to who has the token', async () => {
    const { status, headers, body } = await ask(server, { headers: authorized() });
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('application/json');
    expect(JSON.parse(body)).toEqual({
      AccessKeyId: 'ASIAEXAMPLE',
      SecretAccessKey: 'the-secret-key',
      Token: 'the-session-token',
      Expiration: '2026-01-02T03:04:05Z',
      AccountId: '111122223333',
    });
  });

  test.each<[string, number, () => Asked]>([
    ['no token', 401, () => ({})],
    ['a wrong token', 401, () => ({ headers: { authorization: 'x'.repeat(43) } })],
    [
      'a token that is a beginning of the right one',
      401,
      () => ({ headers: { authorization: server.token.open().slice(0, 42) } }),
    ],
    [
      'another Host, as a page sends that rebinds its name',
      403,
      () => ({ headers: { ...authorized(), host: 'evil.example' } }),
    ],
    [
      'localhost for a Host',
      403,
      () => ({ headers: { ...authorized(), host: `localhost:${new URL(server.uri).port}` } }),
    ],
    ['another path', 404, () => ({ path: '/', headers: authorized() })],
    ['the path with a query', 404, () => ({ path: '/credentials?x=1', headers: authorized() })],
    ['the path with a dot', 404, () => ({ path: '/./credentials', headers: authorized() })],
    [
      "a browser's preflight",
      405,
      () => ({
        method: 'OPTIONS',
        headers: { ...authorized(), origin: 'https://evil.example', 'access-control-request-method': 'GET' },
      }),
    ],
    ['a POST', 405, () => ({ method: 'POST', headers: authorized() })],
  ])('refuses %s', async (_what, status, asked) => {
    const before = calls;
    const answer = await ask(server, asked());
    expect(answer.status).toBe(status);
    expect(answer.body).toBe('{"code":"Refused","message":"refused"}');
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    expect(calls).toBe(before);
  });

  test('ten clients at once cause one mint', async () => {
    const before = calls;
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask(server, { headers: authorized() })));
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200));
    expect(calls - before).toBe(1);
  });

  test('10,000 requests of a scanner are refused, and the next client is served', async () => {
    const before = calls;
    const statuses = new Map<number | undefined, number>();
    for (let round = 0; round < 100; round += 1) {
      const answers = await Promise.all(
        Array.from({ length: 100 }, (_, index) =>
          ask(server, { path: index % 2 ? '/credentials' : `/${index}`, headers: { authorization: `guess-${index}` } }),
        ),
      );
      for (const { status } of answers) statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
    expect(Object.fromEntries(statuses)).toEqual({ 401: 5000, 404: 5000 });
    expect(calls).toBe(before);
    expect((await ask(server, { headers: authorized() })).status).toBe(200);
  });

  test('says why there are no credentials, and recovers', async () => {
    fault = new ZspError('sign_in_required', 'not signed in to corp', { remedy: 'run: zsp login corp' });
    const { status, body } = await ask(server, { headers: authorized() });
    await ask(server, { headers: authorized() });
    expect(reported).toEqual(['not signed in to corp']);
    fault = undefined;
    expect(status).toBe(503);
    expect(JSON.parse(body)).toEqual({ code: 'CredentialsUnavailable', message: 'zsp: not signed in to corp' });
    expect((await ask(server, { headers: authorized() })).status).toBe(200);
  });

  test('listens on 127.0.0.1 only', () => {
    expect(new URL(server.uri).hostname).toBe('127.0.0.1');
  });
});
