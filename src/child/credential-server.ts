import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ZspError } from '../errors';
import { Secret } from '../secret';
import { documentOf } from './credential-document';
import type { ChildCredentials } from './environment';

export interface CredentialServer {
  /** For AWS_CONTAINER_CREDENTIALS_FULL_URI. */
  readonly uri: string;
  /** For AWS_CONTAINER_AUTHORIZATION_TOKEN: one a run, 256 random bits. */
  readonly token: Secret;
  close(): void;
}

const path = '/credentials';

/** A client sends a few hundred bytes at once; whoever does not is no client. */
const limits = { maxHeaderSize: 8 * 1024, headersTimeout: 5_000, requestTimeout: 5_000, keepAlive: false } as const;

/**
 * Serves credentials on 127.0.0.1 for as long as one command runs, as AWS clients expect them of a container:
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
 *
 * Whoever can connect is not whoever may ask: a web page in a browser, or another user of this machine, has no token, and a
 * page that rebinds a name to 127.0.0.1 sends another `Host`. Nothing is logged.
 * @param issue credentials with time left; parallel requests share one call
 * @param failed told once when issuing begins to fail, and again when it fails otherwise
 */
export function startCredentialServer(
  issue: () => Promise<ChildCredentials>,
  failed: (error: ZspError) => void,
): Promise<CredentialServer> {
  const token = new Secret(randomBytes(32).toString('base64url'));
  const once = shared(reporting(issue, failed));
  const server = createServer(limits, (request, response) => {
    response.on('error', () => {});
    const { port } = server.address() as AddressInfo;
    void answer(request, response, `127.0.0.1:${port}`, token, once);
  });
  server.maxConnections = 256;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      const close = () => {
        server.close();
        server.closeAllConnections();
      };
      resolve({ uri: `http://127.0.0.1:${port}${path}`, token, close });
    });
  });
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  host: string,
  token: Secret,
  issue: () => Promise<ChildCredentials>,
): Promise<void> {
  const status = refusal(request, host, token);
  if (status !== undefined) return send(response, status, { code: 'Refused', message: 'refused' });
  try {
    send(response, 200, documentOf(await issue()));
  } catch (error) {
    // The client shows this to its user, so it is a ZspError's words, which hold no secret, or none.
    const message = error instanceof ZspError ? `zsp: ${error.message}` : 'zsp: this is a bug in zsp';
    send(response, 503, { code: 'CredentialsUnavailable', message });
  }
}

/** The status a request is refused with; undefined for the one kind that is answered. */
function refusal({ method, url, headers }: IncomingMessage, host: string, token: Secret): number | undefined {
  if (headers.host !== host) return 403;
  if (url !== path) return 404;
  if (method !== 'GET') return 405;
  return token.equals(new Secret(headers.authorization ?? '')) ? undefined : 401;
}

function send(response: ServerResponse, status: number, body: object): void {
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-store', connection: 'close' };
  response.writeHead(status, headers).end(JSON.stringify(body));
}

/** A client that asks again and again hears the same answer; its user reads it once. */
function reporting<T>(work: () => Promise<T>, failed: (error: ZspError) => void): () => Promise<T> {
  let last: string | undefined;
  return async () => {
    try {
      const result = await work();
      last = undefined;
      return result;
    } catch (error) {
      if (error instanceof ZspError && error.message !== last) failed(error);
      last = error instanceof Error ? error.message : undefined;
      throw error;
    }
  };
}

/** Callers that come while a call is under way wait for its result. */
function shared<T>(work: () => Promise<T>): () => Promise<T> {
  let underWay: Promise<T> | undefined;
  return () => {
    underWay ??= work().finally(() => {
      underWay = undefined;
    });
    return underWay;
  };
}
