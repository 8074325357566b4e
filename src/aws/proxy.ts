import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { ZspError } from '../errors';
import type { Env } from '../places';
import { isLoopback } from '../profile/endpoints';

/**
 * The proxy for an https endpoint, as the AWS CLI finds it: `https_proxy`/`HTTPS_PROXY`, less what `no_proxy`/`NO_PROXY` names.
 * `HTTP_PROXY` concerns plain http, which zsp speaks with loopback only, and loopback never goes through a proxy.
 * @throws ZspError `config_invalid`
 */
export function proxyFor(endpoint: URL, env: Env): URL | undefined {
  const text = env.https_proxy || env.HTTPS_PROXY;
  if (!text || endpoint.protocol !== 'https:' || isLoopback(endpoint)) return undefined;
  if (isExempt(endpoint, env.no_proxy || env.NO_PROXY || '')) return undefined;
  const written = text.includes('://') ? text : `http://${text}`;
  if (URL.canParse(written) && /^https?:/i.test(written)) return new URL(written);
  throw new ZspError('config_invalid', 'HTTPS_PROXY is not the URL of an http or https proxy', {
    remedy: 'set HTTPS_PROXY=http://host:port, or unset it',
  });
}

/** Entries are hosts, which cover their subdomains too, with or without a leading `.` or `*.`, and perhaps a port; `*` is everything. */
function isExempt(endpoint: URL, noProxy: string): boolean {
  const port = endpoint.port || '443';
  return noProxy
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => {
      if (entry === '*') return true;
      const [, host, entryPort] = /^(?:\*?\.)?([^:*]+)(?::(\d+))?$/.exec(entry) ?? [];
      if (!host || (entryPort && entryPort !== port)) return false;
      return endpoint.hostname === host || endpoint.hostname.endsWith(`.${host}`);
    });
}

/** Asks the proxy for a tunnel to the endpoint: CONNECT, RFC 9110 §9.3.6. The socket speaks TLS with the endpoint next. */
export function openTunnel(proxy: URL, endpoint: URL, ca: string | undefined, signal: AbortSignal): Promise<Socket> {
  const authority = `${endpoint.hostname}:${endpoint.port || 443}`;
  const request = proxy.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const connect = request({
      method: 'CONNECT',
      host: proxy.hostname.replace(/^\[|\]$/g, ''),
      port: proxy.port || (proxy.protocol === 'https:' ? 443 : 80),
      path: authority,
      headers: { host: authority, ...authorization(proxy) },
      agent: false,
      signal,
      ...(ca !== undefined && { ca }),
      rejectUnauthorized: true,
    });
    connect.once('error', reject);
    connect.once('connect', (response, socket) => {
      if (response.statusCode === 200) return resolve(socket);
      socket.destroy();
      reject(Object.assign(new Error('the proxy refused'), { code: `PROXY_${response.statusCode}` }));
    });
    connect.end();
  });
}

function authorization(proxy: URL): { 'proxy-authorization'?: string } {
  if (proxy.username === '' && proxy.password === '') return {};
  const pair = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` };
}
