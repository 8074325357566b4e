import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { compile } from '../support/compiled';
import { needs } from '../support/needs';
import { removeDirectory } from '../support/remove-directory';
import { roleCredentials, type Server, serve } from './support';

/** The environment and ~/.aws/config belong to whoever wrote them; no call may be steered, broken or betrayed by them. */

const compiled = compile();
const home = mkdtempSync(join(tmpdir(), 'zsp-aws-'));
let aws: Server;
let thief: Server;

const identity = `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>arn:aws:sts::111122223333:assumed-role/a/b</Arn><Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`;
const tokens = '{"accessToken":"a","expiresIn":60}';

function answerTo(request: IncomingMessage): string {
  if (request.url?.startsWith('/federation')) return roleCredentials();
  return request.url === '/token' ? tokens : identity;
}

beforeAll(() => writeFileSync(join(home, 'calls.cjs'), calls));
afterAll(() => {
  compiled.remove();
  removeDirectory(home);
});
beforeEach(async () => {
  aws = await serve((request, response) => void response.end(answerTo(request)));
  thief = await serve((_request, response) => void response.end());
});
afterEach(() => Promise.all([aws.close(), thief.close()]));

/** One call of each client, in a process as zsp's; prints what is left in its environment of the SDK's own. */
const calls = `
const { createAws } = require(process.argv[2] + '/aws/aws.js');
const { Secret } = require(process.argv[2] + '/secret.js');
const url = process.argv[3];
const endpoints = { origin: url, oidc: url, portal: url, sts: () => url };
const at = { name: 'corp', startUrl: 'https://corp.awsapps.com/start', region: 'eu-west-1', registrationScopes: [], endpoints };
const client = { clientId: 'c', clientSecret: new Secret('s'), expiration: 0 };
(async () => {
  const aws = createAws({ env: process.env, now: Date.now, limits: { request: 3000, call: 3000 } });
  await aws.signIn.refresh(at, client, new Secret('r'));
  const session = await aws.portal.roleCredentials(at, new Secret('the-token'), '111122223333', 'Developer');
  await aws.sts.callerIdentity({ endpoints, region: 'eu-west-1' }, session);
  console.log(Object.keys(process.env).filter((name) => name.startsWith('AWS_SDK')).join());
})();
`;

async function run(env: Readonly<Record<string, string>>) {
  const { PATH = '' } = process.env;
  const given = [join(home, 'calls.cjs'), compiled.directory, aws.url];
  return await promisify(execFile)(process.execPath, given, { env: { PATH, HOME: home, ...env }, timeout: 20_000 });
}

async function expectUnmoved(env: Readonly<Record<string, string>>) {
  const { stdout, stderr } = await run(env);
  expect({ stdout, stderr }).toEqual({ stdout: '\n', stderr: '' });
  expect(aws.requests.map(({ url }) => url?.split('?')[0])).toEqual(['/token', '/federation/credentials', '/']);
  expect(thief.requests).toHaveLength(0);
  const signature = aws.requests[2]?.headers.authorization ?? '';
  expect(signature).toMatch(/Credential=ASIAEXAMPLE\/\d{8}\/eu-west-1\/sts\/aws4_request/);
  expect(aws.requests.map(({ headers }) => headers['user-agent']).join()).not.toContain('hostile');
}

test('nothing reaches stderr, and nothing is left in the environment', async () => {
  await expectUnmoved({});
});

test.each([
  ['AWS_ENDPOINT_URL', (url: string) => ({ AWS_ENDPOINT_URL: url })],
  [
    'the endpoint variables of each service',
    (url: string) => ({ AWS_ENDPOINT_URL_STS: url, AWS_ENDPOINT_URL_SSO: url, AWS_ENDPOINT_URL_SSO_OIDC: url }),
  ],
  [
    'static keys and another region',
    () => ({
      AWS_ACCESS_KEY_ID: 'AKIAHOSTILE',
      AWS_SECRET_ACCESS_KEY: 'x',
      AWS_REGION: 'us-east-1',
      AWS_DEFAULT_REGION: 'x',
    }),
  ],
  [
    'container and web identity credentials',
    (url: string) => ({
      AWS_CONTAINER_CREDENTIALS_FULL_URI: url,
      AWS_ROLE_ARN: 'arn:aws:iam::1:role/x',
      AWS_WEB_IDENTITY_TOKEN_FILE: '/x',
    }),
  ],
  [
    'every setting a client would look up',
    () => ({
      AWS_MAX_ATTEMPTS: 'many',
      AWS_RETRY_MODE: 'hostile',
      AWS_DEFAULTS_MODE: 'hostile',
      AWS_USE_FIPS_ENDPOINT: 'hostile',
      AWS_USE_DUALSTACK_ENDPOINT: 'hostile',
      AWS_SDK_UA_APP_ID: 'hostile',
      AWS_SIGV4A_SIGNING_REGION_SET: '*',
      AWS_AUTH_SCHEME_PREFERENCE: 'sigv4a',
      AWS_EXECUTION_ENV: 'hostile',
      AWS_PROFILE: 'no-such-profile',
    }),
  ],
  ['a proxy for plain http', (url: string) => ({ HTTP_PROXY: url, http_proxy: url, HTTPS_PROXY: url, ALL_PROXY: url })],
])('%s moves no call', async (_what, hostile) => {
  const env: Record<string, string> = hostile(thief.url);
  const kept = env.AWS_SDK_UA_APP_ID === undefined ? '' : 'AWS_SDK_UA_APP_ID';
  if (kept === '') return await expectUnmoved(env);
  const { stdout, stderr } = await run(env);
  expect({ stdout, stderr }).toEqual({ stdout: `${kept}\n`, stderr: '' });
  expect(aws.requests).toHaveLength(3);
  expect(aws.requests.map(({ headers }) => headers['user-agent']).join()).not.toContain('hostile');
});

test.each(['default', 'stolen'])(
  'a config file whose section [%s] has an endpoint_url moves no call',
  async (section) => {
    const file = join(home, 'config');
    const head = section === 'default' ? '[default]' : `[profile ${section}]`;
    const settings = ['services = all', 'sdk_ua_app_id = hostile', 'retry_mode = hostile', 'use_fips_endpoint = maybe'];
    const services = ['sts', 'sso', 'sso_oidc'].map((name) => `${name} =\n  endpoint_url = ${thief.url}`);
    writeFileSync(
      file,
      [head, `endpoint_url = ${thief.url}`, ...settings, '[services all]', ...services, '[unclosed'].join('\n'),
    );
    await expectUnmoved({ AWS_CONFIG_FILE: file, AWS_PROFILE: section, AWS_SHARED_CREDENTIALS_FILE: file });
  },
);

const pipes = needs('posix');
test.skipIf(pipes.skip)(
  `no shared file is opened: a pipe in their place would block for ever${pipes.why}`,
  async () => {
    const pipe = join(home, 'pipe');
    spawnSync('mkfifo', [pipe]);
    await expectUnmoved({ AWS_CONFIG_FILE: pipe, AWS_SHARED_CREDENTIALS_FILE: pipe });
  },
);
