import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer as createHttp } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { type AddressInfo, connect, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createAws } from '../../src/aws/aws';
import { proxyFor } from '../../src/aws/proxy';
import type { Env } from '../../src/places';
import { needs } from '../support/needs';
import { removeDirectory } from '../support/remove-directory';
import { errorOf, roleCredentials, serve, shown, ssoSessionAt, token } from './support';

const openssl = needs('openssl');
const directory = mkdtempSync(join(tmpdir(), 'zsp-tls-'));
const bundle = join(directory, 'certificate.pem');
const servers: Server[] = [];
/** What the proxy was asked for, and with which authorization. */
const tunnels: { authority: string | undefined; authorization: string | undefined }[] = [];
let awsPort = 0;
let proxyUrl = '';

/** The endpoint's name resolves nowhere: only through the proxy is there a way to it. */
const host = 'portal.sso.eu-west-1.amazonaws.test';

beforeAll(async () => {
  if (openssl.skip) return;
  const key = join(directory, 'key.pem');
  const names = `subjectAltName=DNS:${host},IP:127.0.0.1`;
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  spawnSync('openssl', [...request, '-subj', '/CN=zsp test', '-addext', names, '-keyout', key, '-out', bundle]);
  const tls = { key: readFileSync(key), cert: readFileSync(bundle) };
  awsPort = await listen(createHttps(tls, (_request, response) => void response.end(roleCredentials())));
  proxyUrl = `http://user:p%40ss@127.0.0.1:${await listen(proxy())}`;
});
afterAll(() => {
  for (const server of servers) server.close();
  removeDirectory(directory);
});

async function listen(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

function proxy(): Server {
  return createHttp().on('connect', ({ url, headers }, socket: Socket) => {
    tunnels.push({ authority: url, authorization: headers['proxy-authorization'] });
    if (url?.startsWith('silent')) return;
    if (url?.startsWith('refused')) return void socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
    const onward = connect(awsPort, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      socket.pipe(onward).pipe(socket);
    });
    onward.on('error', () => socket.destroy());
    socket.on('error', () => onward.destroy());
  });
}

function ask(url: string, env: Env) {
  const aws = createAws({ env, now: Date.now, limits: { request: 1_000, call: 1_500 } });
  return aws.portal.roleCredentials(ssoSessionAt(url), token, '111122223333', 'Developer');
}

test.skipIf(openssl.skip)(`a certificate of AWS_CA_BUNDLE is trusted${openssl.why}`, async () => {
  const session = await ask(`https://127.0.0.1:${awsPort}`, { AWS_CA_BUNDLE: bundle });
  expect(session.accessKeyId).toBe('ASIAEXAMPLE');
});

test.skipIf(openssl.skip)(
  `a certificate nobody vouches for is refused, and the remedy is AWS_CA_BUNDLE${openssl.why}`,
  async () => {
    const error = await errorOf(ask(`https://127.0.0.1:${awsPort}`, {}));
    expect(error).toMatchObject({ code: 'aws_unavailable', remedy: expect.stringContaining('AWS_CA_BUNDLE') });
    expect(error.message).toMatch(/tried once: its certificate is not trusted \(DEPTH_ZERO_SELF_SIGNED_CERT\)/);
  },
);

test.skipIf(openssl.skip)(`a certificate for another host is refused${openssl.why}`, async () => {
  const error = await errorOf(ask(`https://localhost:${awsPort}`, { AWS_CA_BUNDLE: bundle }));
  expect(error.message).toContain('ERR_TLS_CERT_ALTNAME_INVALID');
});

test.skipIf(openssl.skip)(
  `HTTPS_PROXY leads to the endpoint, which alone can read what is said${openssl.why}`,
  async () => {
    tunnels.length = 0;
    const session = await ask(`https://${host}`, { HTTPS_PROXY: proxyUrl, AWS_CA_BUNDLE: bundle });
    expect(session.accessKeyId).toBe('ASIAEXAMPLE');
    const authorization = `Basic ${Buffer.from('user:p@ss').toString('base64')}`;
    expect(tunnels).toEqual([{ authority: `${host}:443`, authorization }]);
  },
);

test.skipIf(openssl.skip)(`a proxy that refuses is named without its password${openssl.why}`, async () => {
  const error = await errorOf(ask('https://refused.test', { HTTPS_PROXY: proxyUrl, AWS_CA_BUNDLE: bundle }));
  expect(error.message).toContain('tried once: the proxy refused the tunnel (407)');
  expect(shown(error)).not.toMatch(/p@ss|p%40ss/);
});

test.skipIf(openssl.skip)(`a proxy that never answers is given up${openssl.why}`, async () => {
  const error = await errorOf(ask('https://silent.test', { HTTPS_PROXY: proxyUrl, AWS_CA_BUNDLE: bundle }));
  expect(error).toMatchObject({ code: 'aws_unavailable', message: expect.stringContaining('no answer within 1 s') });
});

test('NODE_TLS_REJECT_UNAUTHORIZED=0 is refused before anything is sent', async () => {
  const error = await errorOf(ask('https://127.0.0.1:1', { NODE_TLS_REJECT_UNAUTHORIZED: '0' }));
  expect(error).toMatchObject({ code: 'config_invalid', remedy: expect.stringContaining('unset it') });
});

test.each(['no-such-file.pem', 'no-certificate.pem'])('an AWS_CA_BUNDLE that is %s is refused', async (name) => {
  writeFileSync(join(directory, 'no-certificate.pem'), 'hello');
  const error = await errorOf(ask('https://127.0.0.1:1', { AWS_CA_BUNDLE: join(directory, name) }));
  expect(error).toMatchObject({ code: 'config_invalid', message: expect.stringContaining('AWS_CA_BUNDLE') });
});

test('plain http goes to loopback only', async () => {
  expect(await errorOf(ask('http://192.0.2.1', {}))).toMatchObject({ code: 'config_invalid' });
});

test('loopback is not asked for through a proxy', async () => {
  const aws = await serve((_request, response) => void response.end(roleCredentials()));
  const session = await ask(aws.url, { HTTPS_PROXY: 'http://192.0.2.1:1', HTTP_PROXY: 'http://192.0.2.1:1' });
  expect(session.accessKeyId).toBe('ASIAEXAMPLE');
  await aws.close();
});

const sts = 'https://sts.eu-west-1.amazonaws.com';
test.each<[string, string, Env, string | undefined]>([
  ['no variable', sts, {}, undefined],
  ['HTTPS_PROXY', sts, { HTTPS_PROXY: 'http://proxy:3128' }, 'http://proxy:3128/'],
  ['https_proxy first', sts, { HTTPS_PROXY: 'http://big:1', https_proxy: 'http://small:1' }, 'http://small:1/'],
  ['a proxy without a scheme', sts, { HTTPS_PROXY: 'proxy:3128' }, 'http://proxy:3128/'],
  ['HTTP_PROXY, which is for http', sts, { HTTP_PROXY: 'http://proxy:3128' }, undefined],
  ['NO_PROXY=*', sts, { HTTPS_PROXY: 'http://p:1', NO_PROXY: '*' }, undefined],
  ['the host in NO_PROXY', sts, { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'x, STS.eu-west-1.amazonaws.com' }, undefined],
  ['a domain in NO_PROXY', sts, { HTTPS_PROXY: 'http://p:1', no_proxy: '.amazonaws.com' }, undefined],
  ['a bare domain in NO_PROXY', sts, { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'amazonaws.com:443' }, undefined],
  ['another port in NO_PROXY', sts, { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'amazonaws.com:8443' }, 'http://p:1/'],
  ['half a label in NO_PROXY', sts, { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'naws.com' }, 'http://p:1/'],
  ['an https loopback endpoint', 'https://127.0.0.1:1', { HTTPS_PROXY: 'http://p:1' }, undefined],
])('the proxy for %s', (_what, endpoint, env, expected) => {
  expect(proxyFor(new URL(endpoint), env)?.href).toBe(expected);
});

test.each(['socks5://proxy:1080', 'http://', 'ftp://x'])('%s is not a proxy zsp can use', (value) => {
  expect(() => proxyFor(new URL(sts), { HTTPS_PROXY: value })).toThrow(/HTTPS_PROXY is not the URL/);
});
