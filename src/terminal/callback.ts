import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Callback, CallbackAnswer } from '../broker/ports';
import { Secret } from '../secret';
import { callbackPage } from './callback-page';
import { printable } from './sanitize';

const path = '/oauth/callback';

/** A browser sends a few kilobytes at once; whoever does not is none. */
const limits = { maxHeaderSize: 16 * 1024, headersTimeout: 5_000, requestTimeout: 5_000 } as const;

/**
 * Listens on 127.0.0.1 for the one answer that a browser brings back from AWS: RFC 6749 §4.1.2, RFC 8252 §7.3.
 *
 * Whoever can connect is not whoever may answer: only AWS's redirect knows `state`, on success and error alike, and a page
 * that rebinds a name to 127.0.0.1 sends another `Host`. Anything else is refused, and the wait goes on.
 * @param milliseconds how long it waits; the answer is then undefined
 * @param port 0 takes a free one
 * @throws what Node says where it cannot listen
 */
export async function startCallback(milliseconds: number, port = 0): Promise<Callback> {
  const state = randomBytes(32).toString('base64url');
  let settle: (answer: CallbackAnswer | undefined) => void = () => {};
  const answer = new Promise<CallbackAnswer | undefined>((resolve) => {
    settle = resolve;
  });
  let host = '';
  const server = createServer(limits, (request, response) => {
    response.on('error', () => {});
    const status = refusal(request, host);
    if (status !== undefined) return void response.writeHead(status, { connection: 'close' }).end();
    const found = server.listening ? read(request, state) : undefined;
    if (!found) return send(response, 400, 'stranger');
    // Only one: whoever comes now is not heard. The answer counts once its page has been sent.
    server.close();
    response.on('close', () => settle(found));
    send(response, 200, 'code' in found ? 'allowed' : 'refused');
  });
  server.maxConnections = 64;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const timer = setTimeout(() => settle(undefined), milliseconds);
  return {
    redirectUri: `http://${host}${path}`,
    state,
    answer,
    close() {
      clearTimeout(timer);
      server.close();
      server.closeAllConnections();
    },
  };
}

/** The status a request is refused with, before its parameters are looked at. */
function refusal({ method, url = '', headers }: IncomingMessage, host: string): number | undefined {
  if (headers.host !== host) return 403;
  if (url.split('?', 1)[0] !== path) return 404;
  return method === 'GET' ? undefined : 405;
}

/** The answer, if this is it. A parameter that comes twice is none: RFC 6749 §3.1. */
function read({ url = '' }: IncomingMessage, state: string): CallbackAnswer | undefined {
  const query = new URLSearchParams(url.slice(path.length));
  const only = (name: string) => (query.getAll(name).length === 1 ? (query.get(name) ?? '') : '');
  if (!new Secret(state).equals(new Secret(only('state')))) return undefined;
  const [code, error] = [only('code'), only('error')];
  if (/^[\x21-\x7e]+$/.test(code) && !query.has('error')) return { code: new Secret(code) };
  if (error === '' || query.has('code')) return undefined;
  return { error: printable(error, 60), description: printable(only('error_description'), 200) };
}

function send(response: ServerResponse, status: number, kind: Parameters<typeof callbackPage>[0]): void {
  const { headers, body } = callbackPage(kind);
  response.writeHead(status, { ...headers, connection: 'close' }).end(body);
}
