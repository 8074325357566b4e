import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answerOf, deploy, dev, openStage, role, type Stage } from '../contract/stage';
import { needs } from '../support/needs';
import { launcher, type Run, run } from '../support/zsp';
import { expectFailure, heldIn, verbNames, verbs } from './held';

/** The shipped zsp on a kernel keyring that its user has filled: the quota is a user's, so these are run as one of their own. */

const user = '54321';
const asUser = ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--clear-groups'];
const through = [...asUser, 'keyctl', 'session', 'zsp-faults'];
const possible = needs('linux', 'root', 'keyctl');
const here = possible.skip || allowed() ? possible : { skip: true, why: ' (skipped: needs a kernel keyring)' };

let stage: Stage;
/** Keeps the session keyring that all join, since a full quota has no room for another. It ends with its stdin. */
let keeper: ChildProcess;
const inside = async (...command: readonly string[]): Promise<Run> => {
  const [program = '', ...args] = [...through, ...command];
  const ended = await run(program, args, { env: stage.env, cwd: stage.home.path });
  return { ...ended, stderr: ended.stderr.replace(/^Joined session keyring: \d+\n/, '') };
};
const shell = (script: string) => inside('sh', '-c', script);
const zsp = (args: readonly string[]) => inside(process.execPath, launcher, ...args);

/** Keys of ever smaller sizes, until no other fits. */
const fill = () =>
  shell(`size=16384; while [ $size -gt 0 ]; do
    head -c $size /dev/zero | keyctl padd user "filler of $size" @u; size=$((size / 2))
  done`);
const empty = () => shell('keyctl clear @u');
const forget = () => shell('keyctl clear $(keyctl get_persistent @s); keyctl clear @s; keyctl clear @u');

beforeAll(async () => {
  if (here.skip) return;
  stage = await openStage();
  const other = { ...dev, zsp_sso_role_name: 'ReadOnly' };
  const admin = role('admin', { zsp_elevation: 'required' });
  stage.configure({ dev, deploy, other, admin }, { zsp_keychain: 'kernel' });
  spawnSync('chown', ['-R', user, stage.home.path]);
  spawnSync('setpriv', [...asUser.slice(1), 'keyctl', 'clear', '@u']);
  // Whoever may search a session keyring may join it.
  const [program = '', ...args] = [...through, 'sh', '-c', 'keyctl setperm @s 0x3f3f0000 && echo && exec cat'];
  keeper = spawn(program, args, { stdio: ['pipe', 'pipe', 'ignore'] });
  if (keeper.stdout) await once(keeper.stdout, 'data');
  await forget();
});
afterAll(async () => {
  if (here.skip) return;
  await forget();
  keeper.stdin?.end();
  await stage.close();
});

describe.skipIf(here.skip)(`a kernel keyring that is full${here.why}`, () => {
  test('takes no first sign-in, and says so before the user is asked; once there is room it does', async () => {
    await fill();
    expectFailure(stage, await zsp(verbs.login), 9, /the kernel keyring has no room left\n.*remove items/);
    expect(stage.sandbox.requests).toEqual([]);
    await empty();
    expect(await zsp(verbs.login)).toMatchObject({ status: 0 });
  });

  test('serves and keeps what is signed in already, since it holds no more than one key', async () => {
    answerOf(await zsp(['credential-process', '--profile', 'dev']));
    stage.sandbox.revokeToken();
    await fill();
    for (const verb of verbNames.filter((each) => each !== 'login')) {
      expect(await zsp(verbs[verb])).toMatchObject({ status: 0 });
    }
    const kept = ['credentials admin', 'credentials deploy', 'credentials dev', 'credentials other'];
    expect(Object.keys(await heldIn('kernel', stage.env, through))).toEqual(expect.arrayContaining(kept));
    expect(await zsp(verbs.login)).toMatchObject({ status: 0 });
    await empty();
  });
});

/** Containers often forbid keyctl, a checkout may be its owner's alone, and a quota may be larger than `fill` fills. */
function allowed(): boolean {
  if (Number(readFileSync('/proc/sys/kernel/keys/maxbytes', 'utf8')) >= 32_768) return false;
  const [program = '', ...args] = [...through, process.execPath, launcher, '--version'];
  return spawnSync(program, args).status === 0;
}
