import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { ZspError } from '../errors';
import { type Env, readRegularFile } from '../places';
import { isLoopback } from '../profile/endpoints';
import { openTunnel, proxyFor } from './proxy';

/** A request as the SDK hands it to its `requestHandler`. */
export interface Request {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number | undefined;
  readonly method: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[] | null>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | undefined;
}

/** An answer, read to its end. Header names are in lower case. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export type Send = (endpoint: URL, request: Request, signal: AbortSignal) => Promise<Answer>;

/** AWS's answers are a few kilobytes. */
const longestAnswer = 1024 * 1024;

/**
 * One request on one connection, to the endpoint and nowhere else: redirects are handed back as they are.
 * Rejects with ZspError `config_invalid` for what the environment forbids, else with Node's own error, its `code` set.
 */
export function createSend(env: Env): Send {
  const trusted = once(() => readTrust(env));
  return async (endpoint, request, signal) => {
    const target = new URL(`${request.protocol}//${request.hostname}${request.port ? `:${request.port}` : ''}`);
    if (target.origin !== endpoint.origin) {
      throw new ZspError('internal', `a request for ${endpoint.host} was about to go to another host`);
    }
    if (endpoint.protocol !== 'https:') {
      if (isLoopback(endpoint)) return await exchange(endpoint, request, dialTcp(endpoint), signal);
      throw new ZspError('config_invalid', `${endpoint.host} is not loopback, so it must be spoken to over https`, {
        remedy: 'write the endpoint as https://…',
      });
    }
    const ca = trusted();
    const proxy = proxyFor(endpoint, env);
    const tunnel = proxy && (await openTunnel(proxy, endpoint, ca, signal));
    return await exchange(endpoint, request, dialTls(endpoint, ca, tunnel), signal);
  };
}

/** Whom to trust: `AWS_CA_BUNDLE` replaces the built-in roots, as in the AWS CLI. @throws ZspError `config_invalid` */
function readTrust(env: Env): string | undefined {
  if (env.NODE_TLS_REJECT_UNAUTHORIZED === '0') {
    throw new ZspError(
      'config_invalid',
      'NODE_TLS_REJECT_UNAUTHORIZED=0 lets anyone read your credentials on the way',
      {
        remedy: 'unset it, and name your certificate authority in AWS_CA_BUNDLE',
      },
    );
  }
  if (!env.AWS_CA_BUNDLE) return undefined;
  try {
    const bundle = readRegularFile(env.AWS_CA_BUNDLE).toString();
    if (bundle.includes('-----BEGIN CERTIFICATE-----')) return bundle;
  } catch {
    // Unreadable and not a bundle have the same remedy.
  }
  throw new ZspError('config_invalid', 'AWS_CA_BUNDLE does not name a readable file of PEM certificates', {
    remedy: 'correct AWS_CA_BUNDLE, or unset it',
  });
}

function dialTcp(endpoint: URL): () => Socket {
  return () => connectTcp({ host: bareHost(endpoint), port: Number(endpoint.port || 80) });
}

function dialTls(endpoint: URL, ca: string | undefined, tunnel: Socket | undefined): () => Socket {
  const host = bareHost(endpoint);
  const way = tunnel ? { socket: tunnel } : { host, port: Number(endpoint.port || 443) };
  const name = isIP(host) ? { host } : { host, servername: host };
  return () => connectTls({ ...way, ...name, ...(ca !== undefined && { ca }), rejectUnauthorized: true });
}

function bareHost(endpoint: URL): string {
  return endpoint.hostname.replace(/^\[|\]$/g, '');
}

function exchange(endpoint: URL, request: Request, dial: () => Socket, signal: AbortSignal): Promise<Answer> {
  const open = endpoint.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const outgoing = open({
      method: request.method,
      host: bareHost(endpoint),
      port: endpoint.port,
      path: request.path + queryString(request.query),
      headers: { ...request.headers },
      createConnection: dial,
      signal,
    });
    outgoing.once('error', reject);
    outgoing.once('response', (incoming) => readAnswer(incoming).then(resolve, reject));
    outgoing.end(request.body);
  });
}

async function readAnswer(incoming: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of incoming) {
    length += chunk.length;
    if (length > longestAnswer) throw Object.assign(new Error('too long an answer'), { code: 'TOO_LONG' });
    chunks.push(chunk);
  }
  const headers = Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]);
  return { status: incoming.statusCode ?? 0, headers: Object.fromEntries(headers), body: Buffer.concat(chunks) };
}

function queryString(query: Request['query'] = {}): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    [value ?? []].flat().map((one) => `${encodeURIComponent(name)}=${encodeURIComponent(one)}`),
  );
  return pairs.length > 0 ? `?${pairs.join('&')}` : '';
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
