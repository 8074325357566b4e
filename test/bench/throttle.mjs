import { Agent, createServer, request } from 'node:http';

/**
 * Stands before a sandbox as the portal's rate limit does: a token bucket for the listings of accounts and roles, and 429
 * beyond it. `retryAfter` (seconds) goes with the 429 where it is given.
 */
export async function startThrottle(sandboxUrl, { perSecond, burst = 1, latencyMs = 0, retryAfter }) {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const target = new URL(sandboxUrl);
  const seen = { allowed: 0, refused: 0, firstAt: 0, lastAt: 0 };
  let tokens = burst;
  let filledAt = performance.now();
  const server = createServer((incoming, outgoing) => {
    const forward = () => {
      const { method, url: path, headers } = incoming;
      const on = request({ agent, host: target.hostname, port: target.port, method, path, headers }, (answer) => {
        answer.setEncoding('utf8');
        let body = '';
        answer.on('data', (text) => {
          body += text;
        });
        answer.on('end', () => {
          // The sign-in page must be where the other endpoints are.
          const moved = body.replaceAll(target.origin, `http://${incoming.headers.host}`);
          const { 'content-length': _, ...kept } = answer.headers;
          outgoing.writeHead(answer.statusCode, kept).end(moved);
        });
      });
      on.on('error', () => outgoing.destroy());
      incoming.pipe(on);
    };
    if (!incoming.url.startsWith('/assignment/')) return forward();
    const now = performance.now();
    tokens = Math.min(burst, tokens + ((now - filledAt) / 1000) * perSecond);
    filledAt = now;
    const allowed = tokens >= 1;
    if (allowed) tokens -= 1;
    seen[allowed ? 'allowed' : 'refused'] += 1;
    seen.firstAt ||= now;
    setTimeout(() => {
      if (allowed) {
        seen.lastAt = performance.now();
        return forward();
      }
      const after = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };
      outgoing.writeHead(429, {
        'content-type': 'application/json',
        'x-amzn-errortype': 'TooManyRequestsException',
        ...after,
      });
      outgoing.end('{"message":"HTTP 429 Unknown Code"}');
    }, latencyMs);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    seen,
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
        agent.destroy();
      }),
  };
}

/** An organisation, grown to so many accounts with so many permission sets in each. */
export function bigDirectory(directory, accounts, roles) {
  const ids = Array.from({ length: accounts }, (_, at) => String(100_000_000_000 + at));
  return {
    ...directory,
    accounts: ids.map((accountId, at) => ({
      accountId,
      accountName: `Team ${at}`,
      emailAddress: `team-${at}@corp.example`,
    })),
    permissionSets: ids.flatMap((accountId) =>
      Array.from({ length: roles }, (_, at) => ({
        accountId,
        roleName: `Role${at}`,
        sessionSeconds: 3600,
        policies: [],
      })),
    ),
  };
}
