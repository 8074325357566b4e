import { join } from 'node:path';
import { expect } from 'vitest';
import type { Stage } from '../contract/stage';
import { launcher, type Run, run } from '../support/zsp';

/** The hash of each item a keychain holds, so that no failing test prints a secret: `sign-in`, `credentials deploy`, … */
export type Held = Readonly<Record<string, string>>;

/** A process of its own, as libdbus reads the bus's address once a process; through what is shipped. */
const reader = `
const [, dist, choice] = process.argv;
const { createHash } = require('node:crypto');
const { createItems } = require(dist + '/broker/items.js');
const { openKeychain } = require(dist + '/keychain/choice.js');
const lock = (_name, work) => work();
const short = (name) => name.replace(/^sign-in:.*/, 'sign-in').replace(/:.*:/, ' ');
(async () => {
  const { store } = await openKeychain({ choice, env: process.env, lock });
  const held = {};
  for (const name of await createItems(store, lock).names()) {
    const text = (await store.get(name))?.open();
    if (text !== undefined) held[short(name)] = createHash('sha256').update(text).digest('hex');
  }
  console.log(JSON.stringify(held));
})();`;

/** Reads the keychain that a home's secrets are kept in. @param through what every program is run by */
export async function heldIn(
  choice: string,
  env: Readonly<Record<string, string>>,
  through: readonly string[] = [],
): Promise<Held> {
  const [program = '', ...args] = [...through, process.execPath, '-e', reader, join(launcher, '../../dist'), choice];
  const { status, stdout, stderr } = await run(program, args, { env });
  if (status !== 0) throw new Error(`the keychain could not be read: ${stderr}`);
  return JSON.parse(stdout) as Held;
}

/**
 * What reads and writes the keychain, in an order in which each finds what it needs: profiles `deploy`, `admin` and `other`,
 * of which nothing is held. `refresh` asks for a permission set with an access token that AWS must no longer take.
 */
export const verbs = {
  refresh: ['credential-process', '--profile', 'other'],
  miss: ['credential-process', '--profile', 'deploy'],
  assume: ['assume', 'admin', '--duration', '20m'],
  login: ['login', 'corp', '--no-browser', '--force'],
} as const;

export type Verb = keyof typeof verbs;
export const verbNames = Object.keys(verbs) as readonly Verb[];

/** Nothing on stdout; two lines on stderr, and none of AWS's secrets in them. */
export function expectFailure(stage: Stage, found: Run, status: number, words: RegExp): void {
  expect(found).toMatchObject({ status, stdout: '' });
  expect(found.stderr).toMatch(/^zsp: [^\n]+\nzsp: hint: [^\n]+\n$/);
  expect(found.stderr).toMatch(words);
  for (const secret of stage.sandbox.secrets()) expect(found.stderr).not.toContain(secret);
}
