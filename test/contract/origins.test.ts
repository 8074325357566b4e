import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Server, serve } from '../aws/support';
import { answerOf, deploy, dev, failure, type Keys, openStage, type Stage } from './stage';

/** A token from one origin is never sent to another, whatever the environment says. */

let stage: Stage;
let thief: Server;
beforeAll(async () => {
  stage = await openStage();
  await stage.login();
});
afterAll(() => stage.close());
beforeEach(async () => {
  stage.configure({ dev, deploy });
  thief = await serve((_request, response) => void response.end('{"roleCredentials":{}}'));
});
afterEach(() => thief.close());

const notSignedIn = failure(4, 'not signed in to corp', 'run: zsp login corp');
const mixed = failure(
  3,
  'mixed endpoints: SSO, SSO OIDC and STS must be at one origin, since credentials travel between them',
  'set AWS_ENDPOINT_URL_SSO_OIDC, AWS_ENDPOINT_URL_SSO, AWS_ENDPOINT_URL_STS to one origin, or set none of them',
);

describe('the environment', () => {
  test.each<[string, (url: string) => Keys]>([
    ['AWS_PROFILE of a section with an endpoint_url', () => ({ AWS_PROFILE: 'stray' })],
    [
      'proxies that would answer themselves',
      (url) => ({ HTTP_PROXY: url, HTTPS_PROXY: url, ALL_PROXY: url, http_proxy: url, https_proxy: url }),
    ],
  ])('%s changes nothing', async (_what, hostile) => {
    const { url } = thief;
    stage.configure({
      dev,
      cold: { ...deploy, zsp_role_session_name: `session-${url.slice(-4)}`, endpoint_url: url },
      stray: { region: 'us-east-1', endpoint_url: url, services: 'all' },
    });
    const services = ['sts', 'sso', 'sso_oidc'].map((name) => `${name} =\n  endpoint_url = ${url}\n`).join('');
    stage.home.write('.aws/credentials', `[stray]\n[services all]\n${services}`);
    expect(answerOf(await stage.credentials('cold', hostile(url))).AccountId).toBe('444455556666');
    expect(thief.requests).toHaveLength(0);
  });

  test.each<[string, (url: string) => Keys, typeof mixed]>([
    ['AWS_ENDPOINT_URL', (url) => ({ AWS_ENDPOINT_URL: url }), notSignedIn],
    [
      'the endpoint of every service',
      (url) => ({ AWS_ENDPOINT_URL_STS: url, AWS_ENDPOINT_URL_SSO: url, AWS_ENDPOINT_URL_SSO_OIDC: url }),
      notSignedIn,
    ],
    ['AWS_ENDPOINT_URL_STS', (url) => ({ AWS_ENDPOINT_URL_STS: url }), mixed],
    ['AWS_ENDPOINT_URL_SSO', (url) => ({ AWS_ENDPOINT_URL_SSO: url }), mixed],
    ['AWS_ENDPOINT_URL_SSO_OIDC', (url) => ({ AWS_ENDPOINT_URL_SSO_OIDC: url }), mixed],
  ])(
    '%s at another port gets neither a token nor a request, and no held session is served',
    async (_what, to, said) => {
      answerOf(await stage.credentials('deploy'));
      expect(await stage.credentials('deploy', to(thief.url))).toEqual(said);
      expect(await stage.zsp(['whoami', 'deploy'], to(thief.url))).toEqual(said);
      expect(await stage.zsp(['logout', 'corp'], to(thief.url))).toEqual(said);
      expect(thief.requests).toHaveLength(0);
      const before = stage.sandbox.requests.length;
      expect((await stage.credentials('deploy')).status).toBe(0);
      expect(stage.sandbox.requests).toHaveLength(before);
    },
  );

  test.each(['http://example.com', 'https://example.com', 'http://127.0.0.1.example.com', 'http://user@127.0.0.1'])(
    'AWS_ENDPOINT_URL=%s is no loopback address, and refused',
    async (url) => {
      const remedy = 'unset AWS_ENDPOINT_URL, or set zsp_endpoint_url in the [sso-session] of the config file';
      expect(await stage.credentials('deploy', { AWS_ENDPOINT_URL: url })).toEqual(
        failure(3, 'AWS_ENDPOINT_URL is not a loopback URL, and zsp sends tokens nowhere else on its word', remedy),
      );
    },
  );

  test("the sandbox's token does not go to AWS either, nor through a proxy on the way there", async () => {
    const away = { AWS_ENDPOINT_URL: '', HTTPS_PROXY: thief.url, HTTP_PROXY: thief.url };
    expect(await stage.credentials('deploy', away)).toEqual(notSignedIn);
    expect(thief.requests).toHaveLength(0);
  });
});

test('a sign-in at another port is another sign-in: the thief sees none of the first one’s secrets', async () => {
  const { secrets } = stage.sandbox;
  const env = { AWS_ENDPOINT_URL: thief.url };
  expect((await stage.zsp(['login', 'corp', '--no-browser'], env)).status).toBe(7);
  expect(thief.requests.length).toBeGreaterThan(0);
  const seen = thief.requests.flatMap(({ url, rawHeaders }) => [url ?? '', ...rawHeaders]).join('\n');
  expect(secrets().filter((secret) => seen.includes(secret))).toEqual([]);
});

test('zsp_endpoint_url that is changed after the sign-in ends it, and gets nothing', async () => {
  const env = { AWS_ENDPOINT_URL: '' };
  stage.configure({ dev, deploy }, { zsp_endpoint_url: stage.sandbox.url });
  expect((await stage.zsp(['login', 'corp', '--no-browser'], env)).status).toBe(0);
  answerOf(await stage.credentials('deploy', env));

  stage.configure({ dev, deploy }, { zsp_endpoint_url: thief.url });
  expect(await stage.credentials('deploy', env)).toEqual(notSignedIn);
  expect(await stage.credentials('dev', env)).toEqual(notSignedIn);
  expect(thief.requests).toHaveLength(0);
});
