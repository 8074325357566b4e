import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Callback } from '../../src/broker/ports';
import { startCallback } from '../../src/terminal/callback';
import { type Chromium, contrastOf, startChromium } from '../support/chromium';
import { needs } from '../support/needs';
import { openStage, start, until } from './stage';

/** Where a sign-in with PKCE ends, in a real browser. */

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

const press = (name: string) => page.getByRole('button', { name, exact: true }).click();

test.skipIf(browser.skip)(`a user clicks through from AWS's page to ours, and is signed in${browser.why}`, async () => {
  const stage = await openStage({ autoApproveMs: undefined });
  try {
    const { child, ended } = start(stage, ['login', 'corp', '--pkce', '--no-browser']);
    let said = '';
    child.stderr?.on('data', (text: string) => {
      said += text;
    });
    await until(() => said.includes('Waiting for you'), 'the address');
    await page.goto(/http:\S+/.exec(said)?.[0] ?? '');
    await press('bob@corp.example');
    await press('Allow');
    await page.waitForURL(/127\.0\.0\.1:\d+\/oauth\/callback/);
    expect(await page.locator('h1').innerText()).toBe('Back to your terminal');
    expect(await ended).toMatchObject({ status: 0, stdout: '✓ Signed in to corp; it renews itself.\n' });
  } finally {
    await stage.close();
  }
});

describe('the page', () => {
  let callback: Callback;
  beforeEach(async () => {
    callback = await startCallback(60_000);
  });
  afterEach(() => callback.close());

  const open = (more: Readonly<Record<string, string>>) =>
    page.goto(`${callback.redirectUri}?${new URLSearchParams({ state: callback.state, ...more })}`);

  test.skipIf(browser.skip).each<[string, Readonly<Record<string, string>>, string]>([
    ['a code', { code: 'the-code' }, 'Back to your terminal'],
    ['an error', { error: 'access_denied' }, 'Not signed in'],
    ['a stranger', { state: 'x', error: '<img src=x onerror=alert(1)>' }, 'Not the answer zsp waits for'],
  ])(
    `says after %s that the window can be closed, and asks for nothing else${browser.why}`,
    async (_of, more, title) => {
      const asked: string[] = [];
      page.on('request', (request) => asked.push(request.url()));
      const complaints: string[] = [];
      page.on('console', (message) => complaints.push(message.text()));
      const response = await open(more);
      expect(await page.locator('h1').innerText()).toBe(title);
      expect(await page.locator('main').innerText()).toContain('You can close this window');
      expect(await page.locator('img, script, a, form').count()).toBe(0);
      expect(asked.filter((url) => !url.startsWith('data:'))).toHaveLength(1);
      expect(complaints.filter((text) => !text.includes('status of 400'))).toEqual([]);
      const headers = response?.headers() ?? {};
      expect(headers['content-security-policy']).toMatch(/^default-src 'none'; style-src 'sha256-[\w+/=]+'; /);
      expect(headers).toMatchObject({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });
      await page.addScriptTag({ content: 'document.title = "ran"' }).catch(() => undefined);
      expect(await page.title()).toBe(`${title} · zsp`);
    },
  );

  test.skipIf(browser.skip).each([
    ['light', 1000, { code: 'the-code' }],
    ['dark', 1000, { error: 'access_denied' }],
    ['light', 320, { state: 'x' }],
    ['dark', 320, { code: 'the-code' }],
  ] as const)(`is legible in %s, %i pixels wide${browser.why}`, async (colorScheme, width, more) => {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 480 });
    await open(more);
    const { ZSP_SCREENSHOTS: shots } = process.env;
    if (shots) await page.screenshot({ path: join(shots, `callback-${colorScheme}-${width}.png`) });
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    for (const part of ['h1', 'p']) expect(await contrastOf(page, part), part).toBeGreaterThan(4.5);
  });
});
