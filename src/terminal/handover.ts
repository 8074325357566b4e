import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How long a browser may take to start, in milliseconds. */
const patience = 60_000;

/**
 * Hands a browser an address that holds a secret. A browser's arguments can be read by every program of this machine, so it
 * is started on a page of ours, on 127.0.0.1, that sends it on: once.
 * @param open starts the browser on a URL; false if there is none
 * @returns whether a browser took it
 */
export async function handOver(secretUrl: string, open: (url: string) => Promise<boolean>): Promise<boolean> {
  const path = `/${randomBytes(16).toString('base64url')}`;
  let taken: () => void = () => {};
  const arrived = new Promise<boolean>((resolve) => {
    taken = () => resolve(true);
  });
  let host = '';
  const server = createServer(
    { maxHeaderSize: 16 * 1024, headersTimeout: 5_000, requestTimeout: 5_000 },
    (request, response) => {
      const asked = request.method === 'GET' && request.url === path && request.headers.host === host;
      const headers = { 'cache-control': 'no-store', 'referrer-policy': 'no-referrer', connection: 'close' };
      if (!asked || !server.listening) return void response.writeHead(404, headers).end();
      response.writeHead(302, { ...headers, location: secretUrl }).end(taken);
      server.close();
    },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), patience);
  });
  try {
    const started = await open(`http://${host}${path}`);
    // A browser that came is one, whatever the program that started it says of itself.
    return await Promise.race([arrived, started ? tooLate : false]);
  } finally {
    clearTimeout(timer);
    server.close();
    server.closeAllConnections();
  }
}
