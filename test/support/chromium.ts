import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { onPath } from './needs';
import { removeDirectory } from './remove-directory';

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A Chromium with a profile of its own. */
export interface Chromium {
  readonly context: BrowserContext;
  close(): Promise<void>;
}

export async function startChromium(): Promise<Chromium> {
  const profile = mkdtempSync(join(tmpdir(), 'zsp-chromium-'));
  const executablePath = onPath('chromium') ?? 'chromium';
  const context = await chromium.launchPersistentContext(profile, { executablePath, headless: true, args: flags });
  return {
    context,
    async close() {
      await context.close();
      removeDirectory(profile);
    },
  };
}

/** WCAG 2.2: the contrast ratio of an element's text, on what is painted behind it. */
export async function contrastOf(page: Page, selector: string): Promise<number> {
  const [ink = [], ground = []] = await page.evaluate<number[][]>(
    `(${colours})(document.querySelector(${JSON.stringify(selector)}))`,
  );
  return contrast(ink, ground);
}

/** Runs in the page: an element's colour, and the first painted colour behind it. */
const colours = `(element) => {
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  let behind = element;
  while (behind && numbers(getComputedStyle(behind).backgroundColor)[3] === 0) behind = behind.parentElement;
  return [numbers(getComputedStyle(element).color), numbers(getComputedStyle(behind ?? document.body).backgroundColor)];
}`;

function contrast(ink: readonly number[], ground: readonly number[]): number {
  const luminance = (colour: readonly number[]) => {
    const [r = 0, g = 0, b = 0] = colour.map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [light = 0, dark = 0] = [luminance(ink), luminance(ground)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}
