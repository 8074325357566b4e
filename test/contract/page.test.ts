import { createServer } from 'node:http';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/server';
import { register, startDevice } from '../sandbox/clients';
import { type Chromium, contrastOf, startChromium } from '../support/chromium';
import { needs } from '../support/needs';
import { openStage, type Stage, start, until } from './stage';

/** The sign-in pages, in a real browser. */

const browser = needs('chromium');
let chromium: Chromium;
let page: Page;
beforeAll(async () => {
  if (!browser.skip) chromium = await startChromium();
});
beforeEach(async () => {
  if (!browser.skip) page = await chromium.context.newPage();
});
afterEach(() => page?.close());
afterAll(() => chromium?.close());

const heading = () => page.locator('h1').innerText();
const press = (name: string) => page.getByRole('button', { name, exact: true }).click();

describe('zsp login', () => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await openStage({ autoApproveMs: undefined });
  });
  afterEach(() => stage.close());

  /** Starts a sign-in; what zsp said, and the address in it. */
  async function login() {
    const { child, ended } = start(stage, ['login', 'corp', '--no-browser']);
    let said = '';
    child.stderr?.on('data', (text: string) => {
      said += text;
    });
    await until(() => said.includes('Waiting for you'), 'the code');
    return { ended, address: /http:\S+/.exec(said)?.[0] ?? '', code: /code: (\S+)/.exec(said)?.[1] ?? '' };
  }

  test.skipIf(browser.skip)(`ends when its user has clicked through the pages${browser.why}`, async () => {
    const { ended, address, code } = await login();
    await page.goto(address);
    expect(await heading()).toBe('Sign in');
    await press('bob@corp.example');
    expect(await heading()).toBe('Allow zsp to act for you?');
    expect(await page.locator('.code').innerText()).toBe(code);
    expect(await page.locator('dd').first().innerText()).toContain('bob@corp.example');
    await press('Allow');
    expect(await heading()).toBe('Request approved');
    expect(await page.locator('main').innerText()).toContain('You can close this window');
    expect(await ended).toMatchObject({ status: 0, stdout: expect.stringContaining('Signed in to corp') });
    // Bob is signed in, and has no Developer.
    const refused = await stage.zsp(['credential-process', '--profile', 'dev']);
    expect(refused).toMatchObject({ status: 5, stderr: expect.stringContaining('Developer') });
  });

  test.skipIf(browser.skip)(`ends when its user denies${browser.why}`, async () => {
    const { ended, address } = await login();
    await page.goto(address);
    await press('alice@corp.example');
    await press('Deny');
    expect(await heading()).toBe('Request denied');
    expect(await ended).toMatchObject({ status: 5, stdout: '' });
  });
});

describe('the page', () => {
  let sandbox: Sandbox;
  let offset: number;
  beforeEach(async () => {
    offset = 0;
    sandbox = await startSandbox({ clock: () => Date.now() + offset });
  });
  afterEach(() => sandbox.close());

  const newCode = async () => (await startDevice(sandbox, await register(sandbox))).userCode;
  const open = (code: string) => page.goto(`${sandbox.url}/device?user_code=${encodeURIComponent(code)}`);

  test.skipIf(browser.skip)(`takes a code as people type it, and a name that is typed${browser.why}`, async () => {
    const code = await newCode();
    await page.goto(`${sandbox.url}/device`);
    await page.getByLabel('Code').fill(` ${code.toLowerCase().replace('-', ' ')} `);
    await press('Continue');
    await page.getByLabel('Or enter a user name').fill('mallory');
    await press('Continue');
    expect(await page.locator('.bad').innerText()).toBe('Nobody here goes by the name mallory.');
    await page.getByLabel('Or enter a user name').fill('alice@corp.example');
    await press('Continue');
    expect(await page.locator('.code').innerText()).toBe(code);
    await page.getByText('not you?').click();
    expect(await heading()).toBe('Sign in');
  });

  test.skipIf(browser.skip).each<[string, (code: string) => void, string]>([
    ['approved', (code) => sandbox.approve(code), 'This code was already used'],
    ['denied', (code) => sandbox.deny(code), 'This request was denied'],
    [
      'too old',
      () => {
        offset = 600_000;
      },
      'This code has expired',
    ],
  ])(`says that a code is %s, and offers nothing${browser.why}`, async (_how, end, title) => {
    const code = await newCode();
    end(code);
    await open(code);
    expect(await heading()).toBe(title);
    expect(await page.locator('button, input').count()).toBe(0);
  });

  test.skipIf(browser.skip)(`decides nothing twice, though two windows are open${browser.why}`, async () => {
    const code = await newCode();
    await page.goto(`${sandbox.url}/device?user_code=${code}&user=alice@corp.example`);
    sandbox.deny(code);
    await press('Allow');
    expect(await heading()).toBe('This request was denied');
  });

  test.skipIf(browser.skip)(
    `asks for the code again when it is wrong, and shows it as text${browser.why}`,
    async () => {
      await open('<img src=x onerror=alert(1)>"\'\u202e');
      expect(await page.locator('.bad').innerText()).toContain('<img src=x onerror=alert(1)>');
      expect(await page.locator('img').count()).toBe(0);
      await page.getByLabel('Code').fill(await newCode());
      await press('Continue');
      expect(await heading()).toBe('Sign in');
    },
  );

  test.skipIf(browser.skip)(
    `asks nothing of any other host, runs no script, and is not framed${browser.why}`,
    async () => {
      const asked: string[] = [];
      page.on('request', (request) => asked.push(request.url()));
      const complaints: string[] = [];
      page.on('console', (message) => complaints.push(message.text()));
      const response = await open(await newCode());
      await press('alice@corp.example');
      expect(asked.filter((url) => new URL(url).origin !== sandbox.url && !url.startsWith('data:'))).toEqual([]);
      expect(complaints).toEqual([]);
      const policy = response?.headers()['content-security-policy'] ?? '';
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toMatch(/unsafe|script-src|\*\.|https:/);
      const ran = page.addScriptTag({ content: 'document.title = "ran"' });
      await ran.catch(() => undefined);
      expect(await page.title()).not.toBe('ran');
    },
  );

  test.skipIf(browser.skip).each([
    ['light', 1000],
    ['dark', 1000],
    ['light', 320],
    ['dark', 320],
  ] as const)(`is legible in %s, %i pixels wide${browser.why}`, async (colorScheme, width) => {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 720 });
    const code = await newCode();
    await page.goto(`${sandbox.url}/device?user_code=${code}&user=alice@corp.example`);
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    for (const part of ['h1', 'dt', 'dd', 'button', '.code', 'footer']) {
      expect(await contrastOf(page, part), part).toBeGreaterThan(4.5);
    }
  });

  test.skipIf(browser.skip)(
    `sends the browser back to a program that waits on this machine${browser.why}`,
    async () => {
      const waiting = createServer((_request, response) => response.end('back'));
      await new Promise<void>((resolve) => waiting.listen(0, '127.0.0.1', resolve));
      const { port } = waiting.address() as { port: number };
      const client = await fetch(`${sandbox.url}/client/register`, {
        method: 'POST',
        body: JSON.stringify({
          clientName: 'zsp',
          clientType: 'public',
          scopes: ['sso:account:access'],
          grantTypes: ['authorization_code', 'refresh_token'],
          redirectUris: ['http://127.0.0.1/oauth/callback'],
          issuerUrl: 'https://corp.awsapps.com/start',
        }),
      });
      const { clientId } = (await client.json()) as { clientId: string };
      const question = new URLSearchParams({
        response_type: 'code',
        client_id: clientId,
        redirect_uri: `http://127.0.0.1:${port}/oauth/callback`,
        state: 'a b+c',
        code_challenge_method: 'S256',
        scopes: 'sso:account:access',
        code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      });
      try {
        await page.goto(`${sandbox.url}/authorize?${question}`);
        await press('bob@corp.example');
        await press('Allow');
        await page.waitForURL(/oauth\/callback/);
        const { searchParams } = new URL(page.url());
        expect(searchParams.get('state')).toBe('a b+c');
        expect(searchParams.get('code')).toMatch(/^eyJ/);
      } finally {
        waiting.closeAllConnections();
        waiting.close();
      }
    },
  );
});
