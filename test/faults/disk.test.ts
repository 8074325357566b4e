import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { answerOf, deploy, dev, type Keys, openStage, role, type Stage } from '../contract/stage';
import { needs } from '../support/needs';
import { launcher, type Run, run } from '../support/zsp';
import { expectFailure, type Held, heldIn, type Verb, verbs } from './held';

/** The shipped zsp and its file keychain on disks that are full or read-only: file systems of its home's own, in RAM. */

const here = needs('linux', 'root', 'mount', 'nsenter', 'unshare');

let stage: Stage;
/** Keeps the mount namespace that only the programs run here see: it ends with its stdin, and the file systems with it. */
let keeper: ChildProcess;
let through: readonly string[];

const places = { runtime: 'run', state: '.local/state' } as const;
type Place = keyof typeof places;
const path = (place: Place) => join(stage.home.path, places[place]);

const exec = ([program = '', ...args]: readonly string[], more: Keys = {}): Promise<Run> =>
  run(program, args, { env: { ...stage.env, ...more }, cwd: stage.home.path });
const inside = (command: readonly string[], more: Keys = {}) => exec([...through, ...command], more);
const zsp = (args: readonly string[], more?: Keys) => inside([process.execPath, launcher, ...args], more);
const held = (): Promise<Held> => heldIn('file', stage.env, through);

beforeAll(async () => {
  if (here.skip) return;
  stage = await openStage();
  const other = { ...dev, zsp_sso_role_name: 'ReadOnly' };
  stage.configure({ dev, deploy, other, admin: role('admin', { zsp_elevation: 'required' }) });
  const script =
    'for at; do mkdir -p "$at" && mount -t tmpfs -o size=512k,mode=700 none "$at" || exit; done; echo; exec cat';
  const args = ['--mount', 'sh', '-c', script, 'sh', path('runtime'), path('state')];
  keeper = spawn('unshare', args, { stdio: ['pipe', 'pipe', 'inherit'] });
  if (keeper.stdout) await once(keeper.stdout, 'data');
  through = ['nsenter', `--mount=/proc/${keeper.pid}/ns/mnt`];
});
afterAll(async () => {
  keeper?.stdin?.end();
  await stage?.close();
});

/** Signed in anew, with `dev` held and nothing else; AWS no longer takes the access token. */
beforeEach(async () => {
  if (here.skip) return;
  expect(await zsp(verbs.login)).toMatchObject({ status: 0 });
  answerOf(await zsp(['credential-process', '--profile', 'dev']));
  stage.sandbox.revokeToken();
});

const remount = (place: Place, how: string) => inside(['mount', '-o', `remount,${how}`, path(place)]);
const fill = (place: Place) => () => inside(['sh', '-c', 'cat /dev/zero >"$0/filler"', path(place)]);
const seal = (place: Place) => () => remount(place, 'ro');

/** Lines until the ledger's last block has no room for another one, which it would have on a full disk. */
const lines = `
const [, dist] = process.argv;
const { statSync } = require('node:fs');
const { openKeychain } = require(dist + '/keychain/choice.js');
const { createLedger } = require(dist + '/ledger/ledger.js');
const file = process.env.XDG_STATE_HOME + '/zsp/ledger.jsonl';
const lock = (_name, work) => work();
const size = () => statSync(file, { throwIfNoEntry: false })?.size ?? 0;
(async () => {
  const { store } = await openKeychain({ choice: 'file', env: process.env, lock });
  const ledger = createLedger({ file, lock, store, now: Date.now });
  const append = (length) => ledger.append({ event: 'sign-in', roleArn: 'x'.repeat(length) });
  const before = size();
  await append(0);
  const line = size() - before;
  const room = 4096 - (size() % 4096) - 20;
  const bytes = room < line ? room + 4096 : room;
  const count = Math.ceil(bytes / (line + 2000));
  for (let left = count; left > 0; left--) await append(Math.round(bytes / count) - line);
})();`;

async function fillLedger(): Promise<Run> {
  expect(await inside([process.execPath, '-e', lines, join(launcher, '../../dist')])).toMatchObject({ status: 0 });
  return fill('state')();
}

async function mend(): Promise<void> {
  for (const place of ['runtime', 'state'] as const) {
    expect(await remount(place, 'rw')).toMatchObject({ status: 0 });
    await inside(['rm', '-f', join(path(place), 'filler')]);
  }
}
afterEach(() => (here.skip ? undefined : mend()));

/** What asks AWS for something, and keeps it. */
const gaining = ['refresh', 'miss', 'assume', 'login'] as const;

type Refusal = readonly [status: number, words: RegExp];

interface Fault {
  begin?(): Promise<Run>;
  readonly env?: Keys;
  /** The verbs it fails; the others are served. */
  readonly fails: Readonly<Partial<Record<Verb, Refusal>>>;
  /** The items that change nevertheless. */
  readonly changes?: readonly string[];
  /** AWS has rotated a refresh token that could not be kept. */
  readonly endsSignIn?: boolean;
}

const every = (refusal: Refusal) => Object.fromEntries(gaining.map((verb) => [verb, refusal]));
const noRoom: Refusal = [9, /cannot write \S+ \(ENOSPC\)\n.*has room/];

describe.skipIf(here.skip)(`the file keychain${here.why}`, () => {
  test.each<[string, Fault]>([
    [
      'with a wrong passphrase',
      { env: { ZSP_PASSPHRASE: 'wrong' }, fails: every([6, /passphrase .* is wrong\n.*ZSP_PASSPHRASE/]) },
    ],
    [
      'on a full disk',
      { begin: fill('runtime'), fails: { refresh: noRoom, assume: noRoom, login: noRoom }, endsSignIn: true },
    ],
    [
      'on a read-only disk',
      { begin: seal('runtime'), fails: every([9, /cannot (lock|write) \S+ \(EROFS\)\n.*writable/]) },
    ],
    [
      'with a ledger on a read-only disk',
      {
        begin: seal('state'),
        fails: {
          assume: [9, /cannot write the ledger \S+ \(EROFS\)\n.*writable/],
          login: [9, /cannot write \S+ \(EROFS\)\n.*writable/],
        },
        changes: ['sign-in', 'permission-set ReadOnly', 'credentials other', 'credentials deploy'],
      },
    ],
  ])('%s says so, keeps what it held, and all is well once it is over', async (_, fault) => {
    const before = await held();
    await fault.begin?.();
    for (const verb of gaining) {
      const run = await zsp(verbs[verb], fault.env);
      const refusal = fault.fails[verb];
      if (refusal) expectFailure(stage, run, ...refusal);
      else expect({ ...answerOf(run), ...run }).toMatchObject({ stderr: '' });
    }
    const changes = (fault.changes ?? []).map((name) => [name, expect.not.stringMatching(before[name] ?? '^$')]);
    expect(await held()).toEqual({ ...before, ...Object.fromEntries(changes) });
    await mend();
    if (fault.endsSignIn) {
      expectFailure(stage, await zsp(verbs.refresh), 4, /has ended\n.*zsp login corp/);
      expect(await zsp(verbs.login)).toMatchObject({ status: 0 });
    }
    for (const verb of gaining) expect(await zsp(verbs[verb])).toMatchObject({ status: 0 });
    expect(await zsp(['history', 'verify'])).toMatchObject({ status: 0 });
  });

  test.each<[string, () => Promise<Run>]>([
    ['a full disk', fill('runtime')],
    ['a read-only disk', seal('runtime')],
    ['a full disk under the ledger', fill('state')],
    ['a read-only disk under the ledger', seal('state')],
  ])('takes no first sign-in on %s, and says so before the user is asked', async (_, begin) => {
    for (const place of ['runtime', 'state'] as const) await inside(['rm', '-r', join(path(place), 'zsp')]);
    const asked = stage.sandbox.requests.length;
    await begin();
    expectFailure(stage, await zsp(verbs.login), 9, /cannot (write|make) \S+ \(E(NOSPC|ROFS)\)\n.*has room/);
    expect(stage.sandbox.requests).toHaveLength(asked);
    await mend();
    expect(await held()).toEqual({});
    expect(await zsp(verbs.login)).toMatchObject({ status: 0 });
    expect(await zsp(['history', 'verify'])).toMatchObject({ status: 0 });
  });

  const everything = ['credentials admin', 'credentials dev', 'permission-set Developer', 'sign-in'];
  const [isFull, isReadOnly] = [/the ledger \S+ \(ENOSPC\)\n.*has room/, /the ledger \S+ \(EROFS\)\n.*writable/];

  test.each<[Verb, string, () => Promise<Run>, Refusal | undefined, { gone?: readonly string[]; kept?: string }]>([
    ['assume', 'a full disk', fill('runtime'), noRoom, {}],
    ['assume', 'a full disk under the ledger', fillLedger, [9, isFull], {}],
    ['assume', 'a read-only disk under the ledger', seal('state'), [9, isReadOnly], {}],
    ['drop', 'a full disk', fill('runtime'), undefined, { gone: ['credentials admin'] }],
    ['drop', 'a read-only disk', seal('runtime'), [9, /sealed items in \S+ \(EROFS\)\n.*writable/], {}],
    ['drop', 'a full disk under the ledger', fillLedger, [9, isFull], { gone: ['credentials admin'] }],
    ['drop', 'a read-only disk under the ledger', seal('state'), [9, isReadOnly], { gone: ['credentials admin'] }],
    ['logout', 'a full disk', fill('runtime'), undefined, { gone: everything }],
    ['logout', 'a read-only disk', seal('runtime'), [9, /sealed items in \S+ \(EROFS\)\n.*writable/], {}],
    ['logout', 'a full disk under the ledger', fillLedger, [9, isFull], { gone: everything }],
    ['logout', 'a read-only disk under the ledger', seal('state'), [9, isReadOnly], { gone: everything }],
    ['exec', 'a full disk', fill('runtime'), undefined, {}],
    ['exec', 'a full disk under the ledger', fillLedger, undefined, { kept: 'credentials deploy' }],
    ['exec', 'a read-only disk under the ledger', seal('state'), undefined, { kept: 'credentials deploy' }],
  ])('%s on %s', async (verb, _, begin, refusal, { gone = [], kept }) => {
    expect(await zsp(verbs.assume)).toMatchObject({ status: 0 });
    const before = await held();
    await begin();
    const run = await zsp(verbs[verb]);
    if (refusal) expectFailure(stage, run, ...refusal);
    else expect(run).toMatchObject({ status: 0, stdout: expect.stringMatching(/^(Dropped|Signed out|with ASIA)/) });
    const after = await held();
    const others = Object.entries(before).filter(([name]) => !gone.includes(name));
    expect(after).toEqual({ ...Object.fromEntries(others), ...(kept && { [kept]: expect.any(String) }) });
    await mend();
    const signedOut = verb === 'logout' && gone.length > 0;
    expect(await zsp(verbs[verb])).toMatchObject({ status: signedOut ? 4 : 0 });
    expect(await zsp(['history', 'verify'])).toMatchObject({ status: 0 });
  });

  test.each([
    ['drop', [...everything.slice(1)]],
    ['logout', []],
  ])('%s --all ends every one, also where the ledger cannot be written', async (verb, left) => {
    const corp = readFileSync(join(stage.home.path, '.aws/config'), 'utf8');
    const other = corp
      .replaceAll('corp', 'other')
      .replaceAll('[profile ', '[profile other-')
      .replace('sso_region = eu-west-1', 'sso_region = us-east-1');
    stage.home.write('.aws/config', `${corp}\n${other}`);
    for (const args of [
      verbs.assume,
      ['login', 'other', '--no-browser'],
      ['assume', 'other-dev', '--duration', '20m'],
    ]) {
      expect(await zsp(args)).toMatchObject({ status: 0 });
    }
    await seal('state')();
    expectFailure(stage, await zsp([verb, '--all']), 9, isReadOnly);
    expect(Object.keys(await held())).toEqual(left);
    await mend();
    expect(await zsp([verb, '--all'])).toMatchObject({ status: 0, stdout: expect.stringMatching(/^No/) });
    stage.home.write('.aws/config', corp);
  });

  test.each<[string, () => Promise<Run>]>([
    ['full', fill('runtime')],
    ['read-only', seal('runtime')],
  ])('serves what it holds from a %s disk', async (_, begin) => {
    const hit = ['credential-process', '--profile', 'dev'];
    const ordinary = await zsp(hit);
    await begin();
    expect(await inside(['sh', '-c', 'echo >"$0/written"', path('runtime')])).not.toMatchObject({ status: 0 });
    expect(await zsp(hit)).toEqual(ordinary);
  });
});
