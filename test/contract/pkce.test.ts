import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { needs } from '../support/needs';
import { answerOf, corp, dev, filesUnder, type Keys, openStage, type Stage, start, until } from './stage';

/** Signing in by authorization code with PKCE: the shipped zsp, a real callback, and browsers good and bad. */

/** Every access token is so short that each credential-process renews it. */
const lifetimes = { intervalSeconds: 0.05, accessTokenSeconds: 600 };

let stage: Stage;
beforeEach(async () => {
  stage = await openStage({ lifetimes });
});
afterEach(() => stage.close());

const requests = (operation: string) => stage.sandbox.requests.filter((one) => one.operation === operation);
const last = (operation: string) => requests(operation).at(-1);

/** Makes `zsp_browser` a program that notes its arguments, and then does what `code` says with the URL in `process.argv[2]`. */
function browser(code: string): void {
  const script = stage.home.write(
    'browser.js',
    `require('fs').appendFileSync('arguments', process.argv.slice(2).join(' ') + '\\n');${code}`,
  );
  stage.configure({ dev }, { zsp_browser: `"${process.execPath}" "${script}" {url}` });
}

const follows = `fetch(process.argv[2]).then((page) => page.text()).then((text) => require('fs').writeFileSync('page', text));`;
const noted = (name: string) => readFileSync(join(stage.home.path, name), 'utf8');
const login = (...args: string[]) => stage.zsp(['login', 'corp', ...args]);
const signedIn = { status: 0, stdout: '✓ Signed in to corp; it renews itself.\n' };

describe('zsp login --pkce', () => {
  test('signs in through the browser, as AWS documents it', async () => {
    browser(follows);
    expect(await login('--pkce')).toMatchObject(signedIn);
    expect(last('RegisterClient')?.parameters).toEqual({
      clientName: 'zsp',
      clientType: 'public',
      scopes: 'sso:account:access',
      grantTypes: 'authorization_code,refresh_token',
      redirectUris: 'http://127.0.0.1/oauth/callback',
      issuerUrl: corp.sso_start_url,
    });
    const { clientId } = last('CreateToken')?.parameters ?? {};
    const redirectUri = expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/oauth\/callback$/);
    expect(last('Authorize')?.parameters).toEqual({
      response_type: 'code',
      client_id: clientId,
      redirect_uri: redirectUri,
      code_challenge_method: 'S256',
      scopes: 'sso:account:access',
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
    });
    expect(last('CreateToken')?.parameters).toEqual({
      clientId,
      grantType: 'authorization_code',
      redirectUri: last('Authorize')?.parameters.redirect_uri,
    });
    await until(() => existsSync(join(stage.home.path, 'page')) && noted('page') !== '', 'the page');
    expect(noted('page')).toContain('You can close this window');
    expect((await stage.zsp(['history'])).stdout.match(/sign-in|signed in/g)).toHaveLength(1);
  });

  test('renews with the registration its tokens came from; another grant gets one of its own', async () => {
    browser(follows);
    await login('--pkce');
    const pkceClient = last('CreateToken')?.parameters.clientId;
    answerOf(await stage.credentials('dev'));
    expect(last('CreateToken')).toMatchObject({
      status: 200,
      parameters: { grantType: 'refresh_token', clientId: pkceClient },
    });

    expect(await login('--device-code', '--no-browser', '--force')).toMatchObject(signedIn);
    answerOf(await stage.credentials('dev'));
    const deviceClient = last('CreateToken')?.parameters.clientId;
    expect(last('CreateToken')).toMatchObject({ status: 200, parameters: { grantType: 'refresh_token' } });
    expect(deviceClient).not.toBe(pkceClient);

    // A device code's registration serves again; PKCE's never does.
    await login('--device-code', '--no-browser', '--force');
    expect(last('CreateToken')?.parameters.clientId).toBe(deviceClient);
    expect(requests('RegisterClient')).toHaveLength(2);
    expect(await login('--pkce', '--force')).toMatchObject(signedIn);
    expect(requests('RegisterClient')).toHaveLength(3);
    expect(requests('StartDeviceAuthorization').filter(({ status }) => status !== 200)).toEqual([]);
  });

  test("leaves nothing in the browser's arguments, on the disk or in what is said with which somebody could answer", async () => {
    browser(follows);
    const { stderr } = await login('--pkce');
    expect(noted('arguments')).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{22}\n$/);
    expect(stderr).toMatch(
      /^To sign in to corp, allow zsp in your browser.*\n.*--device-code.*\nWaiting for you until .*\n$/,
    );
    const held = filesUnder(stage.home.path).map(([, text]) => text);
    const found = stage.sandbox.secrets().filter((secret) => held.some((text) => text.includes(secret)));
    expect(found).toEqual([]);
  });

  test('falls back to a code where the browser does not start', async () => {
    browser('process.exit(3)');
    const { status, stdout, stderr } = await login('--pkce');
    expect({ status, stdout }).toEqual(signedIn);
    expect(stderr).toMatch(
      /No browser came, so here is a code instead\.\n\n.*confirm the code:\n(.*\n)* {2}code: \w{4}-\w{4}/,
    );
    expect(last('CreateToken')?.parameters.grantType).toMatch(/device_code$/);
    expect(noted('arguments')).toMatch(/\/device\?user_code=[\w-]{9}\n$/);
  });

  test('falls back to a code where no browser is in front of the user', async () => {
    expect(await login('--pkce')).toMatchObject({ ...signedIn, stderr: expect.stringContaining('code instead') });
  });

  test.each([['--device-code'], ['--qr']])('cannot be had together with %s', async (other) => {
    const { status, stderr } = await login('--pkce', other);
    expect(status).toBe(2);
    expect(stderr).toContain(`option '--pkce' cannot be used with option '${other}'`);
    expect(stage.sandbox.requests).toHaveLength(0);
  });
});

describe('an answer from the browser', () => {
  beforeEach(async () => {
    await stage.close();
    stage = await openStage({ lifetimes, autoApproveMs: undefined });
  });

  /** A sign-in that waits, and the address its user would open. */
  async function waiting() {
    const { child, ended } = start(stage, ['login', 'corp', '--pkce', '--no-browser']);
    let said = '';
    child.stderr?.on('data', (text: string) => {
      said += text;
    });
    await until(() => said.includes('Waiting for you'), 'the address');
    const uri = new URL(/http:\S+/.exec(said)?.[0] ?? '');
    const asked = Object.fromEntries(uri.searchParams);
    const back = (more: Keys) => fetch(`${asked.redirect_uri}?${new URLSearchParams(more)}`);
    return { child, ended, asked, back };
  }

  /** A user decides on AWS's page. @returns where it sends the browser */
  async function decide(asked: Keys, decision: 'approve' | 'deny'): Promise<URL> {
    const body = new URLSearchParams({ ...asked, user: 'bob@corp.example', decision });
    const answer = await fetch(`${stage.sandbox.url}/authorize`, { method: 'POST', body, redirect: 'manual' });
    return new URL(answer.headers.get('location') ?? '');
  }

  test('that belongs to no sign-in here does not disturb the one that is under way', async () => {
    const { ended, asked, back } = await waiting();
    expect((await back({ code: 'evil', state: 'guessed' })).status).toBe(400);
    expect((await back({ error: 'access_denied', state: 'guessed' })).status).toBe(400);
    expect((await fetch(await decide(asked, 'approve'))).status).toBe(200);
    expect(await ended).toMatchObject(signedIn);
    const refused = await stage.credentials('dev');
    expect(refused).toMatchObject({ status: 5, stderr: expect.stringContaining('Developer') });
  });

  test('that brings the code of a sign-in which somebody else began signs nobody in', async () => {
    const { ended, asked, back } = await waiting();
    const theirs = await decide({ ...asked, code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM' }, 'approve');
    await back({ code: theirs.searchParams.get('code') ?? '', state: asked.state ?? '' });
    const { status, stdout, stderr } = await ended;
    expect({ status, stdout }).toEqual({ status: 4, stdout: '' });
    expect(stderr).toContain(
      'zsp: AWS does not take the code that the browser brought\nzsp: hint: run: zsp login corp\n',
    );
    expect((await stage.credentials('dev')).status).toBe(4);
  });

  test('that says no ends it', async () => {
    const { ended, asked } = await waiting();
    await fetch(await decide(asked, 'deny'));
    const { status, stdout, stderr } = await ended;
    expect({ status, stdout }).toEqual({ status: 5, stdout: '' });
    expect(stderr).toContain('zsp: the sign-in was denied in the browser\nzsp: hint: run: zsp login corp\n');
  });

  test.each<[string, number, string]>([
    ['server_error', 7, 'AWS ended the sign-in in the browser: server_error: no sudo'],
    ['invalid_scope', 3, 'AWS refuses the sso-session corp: invalid_scope: no sudo'],
  ])('that is the error %s ends it, its text harmless', async (error, expected, said) => {
    const { ended, asked, back } = await waiting();
    await back({ error, error_description: '\u001b[31mno\u202e\nsudo\u001b]0;title\u0007', state: asked.state ?? '' });
    const { status, stderr } = await ended;
    expect(status).toBe(expected);
    expect(stderr).toContain(`zsp: ${said}\nzsp: hint: `);
    expect(stderr).not.toMatch(/\u001b|\u202e|title/);
  });

  const posix = needs('posix');
  test.skipIf(posix.skip)(`is not waited for after Ctrl-C, and nothing listens any more${posix.why}`, async () => {
    const { child, ended, back } = await waiting();
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ status: 130, stdout: '' });
    await expect(back({})).rejects.toThrow();
    expect((await stage.credentials('dev')).status).toBe(4);
  });
});

describe('a new sign-in', () => {
  test('ends the old access token at AWS', async () => {
    await stage.login();
    expect(await login('--no-browser', '--force')).toMatchObject(signedIn);
    expect(requests('Logout').map(({ status }) => status)).toEqual([200]);
    answerOf(await stage.credentials('dev'));
  });

  test('is made though AWS does not hear of the end of the old one', async () => {
    await stage.login();
    stage.sandbox.faults.push({ match: { operation: 'Logout' }, action: 'error500' });
    expect(await login('--no-browser', '--force')).toMatchObject(signedIn);
    expect(requests('Logout').length).toBeGreaterThan(0);
    answerOf(await stage.credentials('dev'));
  });
});
