import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deploy, dev, type Keys, openStage, role, type Stage } from '../contract/stage';
import type { needs } from '../support/needs';
import { launcher, run } from '../support/zsp';
import { leftIn } from './held';
import { writeKiller } from './killer';

/** kill -9 at every step that writes: afterwards every verb works, and the ledger verifies. One file a keychain. */

/** A keychain that the tests have to themselves. */
export interface Keychain {
  /** What programs need to be on it: variables, and what they are run by. */
  readonly env: Keys;
  readonly through: readonly string[];
  /** Makes it ready for the next kill. */
  prepare?(): void;
  /** Removes what the operating system keeps of it. */
  forget(): Promise<unknown>;
  stop(): Promise<void>;
}

const login = ['login', 'corp', '--no-browser'];
const force = [...login, '--force'];
const mint = ['credential-process', '--profile', 'deploy'];
const elevated = ['credential-process', '--profile', 'admin'];
const assume = ['assume', 'admin', '--duration', '20m'];
const drop = ['drop', 'admin'];
const logout = ['logout', 'corp'];

interface Row {
  readonly args: readonly string[];
  before(): Promise<unknown>;
  after?(): Promise<unknown>;
}

/** @param choice the value of `zsp_keychain` */
export function crashTests(
  choice: string,
  here: ReturnType<typeof needs>,
  open: (stage: Stage) => Promise<Keychain>,
): void {
  let stage: Stage;
  let keychain: Keychain;
  let killedAt: ReturnType<typeof writeKiller>;
  let round = 0;

  /** Nothing is held for `deploy`. */
  function mintable(): void {
    round += 1;
    const scoped = { ...deploy, zsp_role_session_name: `round-${round}` };
    stage.configure(
      { dev, deploy: scoped, admin: role('admin', { zsp_elevation: 'required' }) },
      { zsp_keychain: choice },
    );
  }

  /** @param kill the step in place of which it kills itself */
  async function zsp(args: readonly string[], kill?: number) {
    const env = { ...stage.env, ...keychain.env, ...(kill !== undefined && killedAt(kill)) };
    const [program = '', ...rest] = [...keychain.through, process.execPath, launcher, ...args];
    return run(program, rest, { env, cwd: stage.home.path });
  }

  async function endsWith(expected: readonly number[], args: readonly string[]): Promise<number> {
    const { status, stderr } = await zsp(args);
    if (status !== null && expected.includes(status)) return status;
    throw new Error(`zsp ${args.join(' ')} ended with ${status}: ${stderr}`);
  }

  async function succeeds(...verbs: (readonly string[])[]): Promise<void> {
    for (const args of verbs) await endsWith([0], args);
  }

  /** Who is not signed in any more is told so, and can sign in. */
  async function mintsOrAsks(): Promise<void> {
    if ((await endsWith([0, 4], mint)) === 4) await succeeds(login, mint);
  }

  const left = () => leftIn(choice, { ...stage.env, ...keychain.env }, keychain.through);

  const rows: Readonly<Record<string, Row>> = {
    'a first login': {
      args: login,
      async before() {
        for (const path of ['run/zsp', '.local/state/zsp']) stage.home.remove(path);
        await keychain.forget();
      },
      after: mintsOrAsks,
    },
    login: { args: force, before: () => succeeds(mint) },
    'a refresh and a mint': {
      args: mint,
      async before() {
        mintable();
        // Of a new sign-in nothing is held yet, so the dead token is needed.
        await succeeds(force);
        stage.sandbox.revokeToken();
      },
      // A refresh token that AWS took and whose successor was never stored asks for a sign-in; nothing else may.
      after: mintsOrAsks,
    },
    assume: { args: assume, before: () => succeeds(mint) },
    drop: {
      args: drop,
      before: () => succeeds(assume),
      async after() {
        await succeeds(drop);
        expect(await left()).toMatchObject({ windows: 0 });
      },
    },
    logout: { args: logout, before: () => succeeds(login, mint) },
  };

  describe.skipIf(here.skip)(`on the keychain ${choice}${here.why}`, () => {
    beforeAll(async () => {
      stage = await openStage();
      killedAt = writeKiller(stage.home);
      mintable();
      keychain = await open(stage);
    });
    afterAll(async () => {
      await keychain?.stop();
      await stage?.close();
    });

    test.each(Object.entries(rows))(
      'zsp goes on, killed at any write of %s',
      async (_verb, { args, before, after }) => {
        for (let step = 1, killed = true; killed; step++) {
          await before();
          const { status, stderr } = await zsp(args, step);
          killed = status === null;
          if (killed) await after?.();
          else expect({ status, step, stderr }).toEqual({ status: 0, step: expect.toSatisfy((at) => at > 6), stderr });
          expect(await left()).toMatchObject({ strays: 0, findings: [] });
        }
      },
    );

    test('and every verb works in the end', async () => {
      mintable();
      const reads = [['status'], ['whoami', 'dev'], ['list'], ['history', 'verify']];
      await succeeds(login, mint, assume, elevated, ...reads, drop, logout);
    });
  });
}
