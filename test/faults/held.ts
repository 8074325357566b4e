import { join } from 'node:path';
import { expect } from 'vitest';
import type { Keys, Stage } from '../contract/stage';
import { launcher, type Run, run } from '../support/zsp';

/** The hash of each item a keychain holds, so that no failing test prints a secret: `sign-in`, `credentials deploy`, … */
export type Held = Readonly<Record<string, string>>;

/** A process of its own, as libdbus reads the bus's address once a process; through what is shipped. */
const reader = (look: string) => `
const [, dist, choice] = process.argv;
const { createItems } = require(dist + '/broker/items.js');
const { openKeychain } = require(dist + '/keychain/choice.js');
const lock = (_name, work) => work();
(async () => {
  const { store } = await openKeychain({ choice, env: process.env, lock });
  const items = createItems(store, lock);
  const names = await items.names();
  const found = {};
  ${look}
  console.log(JSON.stringify(found));
})();`;

const hashes = reader(`
  const { createHash } = require('node:crypto');
  const short = (name) => name.replace(/^sign-in:.*/, 'sign-in').replace(/:.*:/, ' ');
  for (const name of names) {
    const text = (await store.get(name))?.open();
    if (text !== undefined) found[short(name)] = createHash('sha256').update(text).digest('hex');
  }`);

/** Reads the keychain that a home's secrets are kept in. @param through what every program is run by */
export const heldIn = (choice: string, env: Keys, through?: readonly string[]): Promise<Held> =>
  readIn(hashes, choice, env, through);

export interface Found {
  /** Sessions that came from no sign-in there is: no logout would find them. */
  readonly strays: number;
  readonly windows: number;
  /** What the ledger's verification finds, by its kinds. */
  readonly findings: readonly string[];
}

const soundness = reader(`
  const { readHead } = require(dist + '/ledger/head.js');
  const { verifyLedger } = require(dist + '/ledger/verification.js');
  const file = process.env.XDG_STATE_HOME + '/zsp/ledger.jsonl';
  const held = [];
  for (const name of names) {
    const text = (await store.get(name))?.open();
    if (text !== undefined) held.push({ name, ...JSON.parse(text) });
  }
  const of = (kind) => held.filter(({ name }) => name.startsWith(kind + ':'));
  const id = of('sign-in')[0]?.id ?? 'none';
  const strays = of('credentials').filter(({ signInId }) => signInId !== id);
  found.strays = [...strays, ...of('permission-set').filter(({ name }) => !name.includes(id))].length;
  found.windows = of('credentials').filter(({ window }) => window).length;
  found.findings = (await verifyLedger(file, await readHead(store))).findings.map(({ kind }) => kind);`);

/** What a process that was killed has left behind. */
export const leftIn = (choice: string, env: Keys, through?: readonly string[]): Promise<Found> =>
  readIn(soundness, choice, env, through);

async function readIn<T>(script: string, choice: string, env: Keys, through: readonly string[] = []): Promise<T> {
  const [program = '', ...args] = [...through, process.execPath, '-e', script, join(launcher, '../../dist'), choice];
  const { status, stdout, stderr } = await run(program, args, { env });
  if (status !== 0) throw new Error(`the keychain could not be read: ${stderr}`);
  return JSON.parse(stdout) as T;
}

/**
 * What reads and writes the keychain, in an order in which each finds what it needs: profiles `deploy`, `admin` and `other`,
 * of which nothing is held. `refresh` asks for a permission set with an access token that AWS must no longer take.
 */
export const verbs = {
  refresh: ['credential-process', '--profile', 'other'],
  miss: ['credential-process', '--profile', 'deploy'],
  exec: ['exec', 'deploy', '--', process.execPath, '-p', '"with " + process.env.AWS_ACCESS_KEY_ID'],
  assume: ['assume', 'admin', '--duration', '20m'],
  drop: ['drop', 'admin'],
  login: ['login', 'corp', '--no-browser', '--force'],
  logout: ['logout', 'corp'],
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
