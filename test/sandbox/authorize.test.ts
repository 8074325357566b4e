import { createHash } from 'node:crypto';
import { CreateTokenCommand, RegisterClientCommand, StartDeviceAuthorizationCommand } from '@aws-sdk/client-sso-oidc';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/server';
import { oidc, refusalOf, register } from './clients';

let sandbox: Sandbox;
let now: number;
beforeEach(async () => {
  now = Date.parse('2026-03-01T12:00:00Z');
  sandbox = await startSandbox({ clock: () => now });
});
afterEach(() => sandbox.close());

// RFC 7636, appendix B.
const codeVerifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
const codeChallenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';
const redirectUri = 'http://127.0.0.1:50123/oauth/callback';
const pkce = {
  clientName: 'zsp',
  clientType: 'public',
  scopes: ['sso:account:access'],
  grantTypes: ['authorization_code', 'refresh_token'],
  redirectUris: ['http://127.0.0.1/oauth/callback'],
  issuerUrl: 'https://corp.awsapps.com/start',
};

async function registerPkce() {
  const { clientId = '', clientSecret = '' } = await oidc(sandbox).send(new RegisterClientCommand(pkce));
  return { clientId, clientSecret };
}

const question = (clientId: string, change: Record<string, string> = {}) => ({
  response_type: 'code',
  client_id: clientId,
  redirect_uri: redirectUri,
  state: 'of mind & körper',
  code_challenge_method: 'S256',
  scopes: 'sso:account:access',
  code_challenge: codeChallenge,
  ...change,
});

const ask = (fields: Record<string, string>) =>
  fetch(`${sandbox.url}/authorize?${new URLSearchParams(fields)}`, { redirect: 'manual' });
const answer = (fields: Record<string, string>) =>
  fetch(`${sandbox.url}/authorize`, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' });

async function approved(clientId: string, change: Record<string, string> = {}): Promise<string> {
  const response = await answer({ ...question(clientId, change), user: 'bob@corp.example', decision: 'approve' });
  return new URL(response.headers.get('location') ?? '').searchParams.get('code') ?? '';
}

const redeem = (client: { clientId: string; clientSecret: string }, code: string, change: object = {}) =>
  oidc(sandbox).send(
    new CreateTokenCommand({ ...client, grantType: 'authorization_code', code, redirectUri, codeVerifier, ...change }),
  );

test('the challenge is the verifier’s digest', () => {
  expect(createHash('sha256').update(codeVerifier).digest('base64url')).toBe(codeChallenge);
});

test('the user signs in, allows it, and the program gets tokens for the code', async () => {
  const client = await registerPkce();
  expect(await (await ask(question(client.clientId))).text()).toContain('<h1>Sign in</h1>');
  const consent = await ask({ ...question(client.clientId), user: 'bob@corp.example' });
  expect(await consent.text()).toContain('<h1>Allow zsp to act for you?</h1>');
  const back = await answer({ ...question(client.clientId), user: 'bob@corp.example', decision: 'approve' });
  expect(back.status).toBe(303);
  const location = new URL(back.headers.get('location') ?? '');
  expect(location.origin + location.pathname).toBe(redirectUri);
  expect(location.searchParams.get('state')).toBe('of mind & körper');
  const tokens = await redeem(client, location.searchParams.get('code') ?? '');
  expect(tokens).toMatchObject({ tokenType: 'Bearer', expiresIn: 28_800, refreshToken: expect.any(String) });
});

test('a user who approves by himself is sent back at once', async () => {
  await sandbox.close();
  sandbox = await startSandbox({ autoApproveMs: 0 });
  const client = await registerPkce();
  const back = await ask(question(client.clientId));
  expect(back.headers.get('location')).toMatch(/^http:\/\/127\.0\.0\.1:50123\/oauth\/callback\?code=/);
});

describe('the program is told by a redirect', () => {
  test.each<[string, Record<string, string>, string]>([
    ['another kind of answer', { response_type: 'token' }, 'unsupported_response_type'],
    ['a challenge in the clear', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['a challenge of no kind', { code_challenge_method: '' }, 'invalid_request'],
    ['no challenge', { code_challenge: '' }, 'invalid_request'],
    ['a scope it did not register', { scopes: 'sso:account:access sso:admin' }, 'invalid_scope'],
  ])('of %s', async (_name, change, error) => {
    const { clientId } = await registerPkce();
    const location = new URL((await ask(question(clientId, change))).headers.get('location') ?? '');
    expect(Object.fromEntries(location.searchParams)).toEqual({ error, state: 'of mind & körper' });
  });

  test.each([{ decision: 'deny' }, {}])('that the user did not say yes: %j', async (decision) => {
    const { clientId } = await registerPkce();
    const back = await answer({ ...question(clientId), user: 'bob@corp.example', ...decision });
    const location = new URL(back.headers.get('location') ?? '');
    expect(Object.fromEntries(location.searchParams)).toEqual({ error: 'access_denied', state: 'of mind & körper' });
  });
});

describe('nobody is sent', () => {
  test.each([
    ['to another path', 'http://127.0.0.1:50123/other'],
    ['to another host', 'http://attacker.example/oauth/callback'],
    ['to localhost by its name', 'http://localhost:50123/oauth/callback'],
    ['to a host that begins alike', 'http://127.0.0.1.attacker.example/oauth/callback'],
    ['to a user of the loopback host', 'http://127.0.0.1:50123@attacker.example/oauth/callback'],
    ['to a port there cannot be', 'http://127.0.0.1:65536/oauth/callback'],
    ['over https', 'https://127.0.0.1:50123/oauth/callback'],
    ['with a query', `${redirectUri}?a=b`],
    ['nowhere', ''],
  ])('%s', async (_name, redirect) => {
    const { clientId } = await registerPkce();
    const shown = await ask(question(clientId, { redirect_uri: redirect }));
    expect([shown.status, shown.headers.get('location')]).toEqual([400, null]);
  });

  test('for a program that nobody registered', async () => {
    expect((await ask(question('nobody'))).status).toBe(400);
  });

  test('for a program whose registration has ended', async () => {
    const command = new RegisterClientCommand(pkce);
    const { clientId = '', clientSecretExpiresAt = 0 } = await oidc(sandbox).send(command);
    now = clientSecretExpiresAt * 1000 - 1;
    expect((await ask(question(clientId))).status).toBe(200);
    now += 1;
    expect((await ask(question(clientId))).status).toBe(400);
  });
});

describe('a code', () => {
  test.each<[string, object]>([
    ['with another verifier', { codeVerifier: `${codeVerifier.slice(0, -1)}x` }],
    ['to another port', { redirectUri: 'http://127.0.0.1:50124/oauth/callback' }],
  ])('is not redeemed %s, and then not at all', async (_name, change) => {
    const client = await registerPkce();
    const code = await approved(client.clientId);
    expect(await refusalOf(redeem(client, code, change))).toMatchObject({ name: 'InvalidGrantException', status: 400 });
    expect(await refusalOf(redeem(client, code))).toMatchObject({ name: 'InvalidGrantException' });
  });

  test('is redeemed once', async () => {
    const client = await registerPkce();
    const code = await approved(client.clientId);
    await redeem(client, code);
    expect(await refusalOf(redeem(client, code))).toMatchObject({ name: 'InvalidGrantException' });
  });

  test('is good for a minute', async () => {
    const client = await registerPkce();
    const code = await approved(client.clientId);
    now += 60_000;
    expect(await refusalOf(redeem(client, code))).toMatchObject({ name: 'InvalidGrantException' });
  });

  test('is its client’s alone', async () => {
    const code = await approved((await registerPkce()).clientId);
    expect(await refusalOf(redeem(await registerPkce(), code))).toMatchObject({ name: 'InvalidGrantException' });
  });
});

describe('a registration', () => {
  test.each<[string, object, string]>([
    ['with a redirect off this machine', { redirectUris: ['https://corp.example/cb'] }, 'InvalidRedirectUriException'],
    ['with an unknown grant', { grantTypes: ['password'] }, 'UnsupportedGrantTypeException'],
    ['for codes without a redirect', { redirectUris: undefined }, 'InvalidRequestException'],
    ['for codes without an issuer', { issuerUrl: undefined }, 'InvalidRequestException'],
    ['with an issuer that is no address', { issuerUrl: 'corp' }, 'InvalidRequestException'],
  ])('%s is refused', async (_name, change, name) => {
    const command = new RegisterClientCommand({ ...pkce, ...change });
    expect(await refusalOf(oidc(sandbox).send(command))).toMatchObject({ name, status: 400 });
  });

  test('for codes only starts no device authorization, and the other way round', async () => {
    const start = { ...(await registerPkce()), startUrl: pkce.issuerUrl };
    expect(await refusalOf(oidc(sandbox).send(new StartDeviceAuthorizationCommand(start)))).toMatchObject({
      name: 'UnauthorizedClientException',
    });
    const device = await register(sandbox);
    expect((await ask(question(device.clientId))).status).toBe(400);
  });
});
