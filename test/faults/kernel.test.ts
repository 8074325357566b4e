import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answerOf, deploy, dev, openStage, role, type Stage } from '../contract/stage';
import { hasKernelKeyring, type KernelKeyring, kernelKeyring } from '../support/kernel-keyring';
import { needs } from '../support/needs';
import { launcher } from '../support/zsp';
import { expectFailure, heldIn, verbNames, verbs } from './held';

/** The shipped zsp on a kernel keyring that its user has filled. */

const user = 54_321;
const possible = needs('linux', 'root', 'keyctl');
const here = possible.skip || allowed() ? possible : { skip: true, why: ' (skipped: needs a kernel keyring)' };

let stage: Stage;
let keyring: KernelKeyring;
const inside = (...command: readonly string[]) => keyring.run(command, { env: stage.env, cwd: stage.home.path });
const shell = (script: string) => inside('sh', '-c', script);
const zsp = (args: readonly string[]) => inside(process.execPath, launcher, ...args);

const held = () => heldIn('kernel', stage.env, keyring.through);

/** Keys of ever smaller sizes, until no other fits. */
const fill = () =>
  shell(`size=16384; while [ $size -gt 0 ]; do
    head -c $size /dev/zero | keyctl padd user "filler of $size" @u; size=$((size / 2))
  done`);
const empty = () => shell('keyctl clear @u');

beforeAll(async () => {
  if (here.skip) return;
  stage = await openStage();
  const other = { ...dev, zsp_sso_role_name: 'ReadOnly' };
  const admin = role('admin', { zsp_elevation: 'required' });
  stage.configure({ dev, deploy, other, admin }, { zsp_keychain: 'kernel' });
  spawnSync('chown', ['-R', String(user), stage.home.path]);
  keyring = await kernelKeyring(user);
});
afterAll(async () => {
  await keyring?.stop();
  await stage?.close();
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
    for (const verb of verbNames.filter((each) => !each.startsWith('log'))) {
      expect(await zsp(verbs[verb])).toMatchObject({ status: 0 });
    }
    const kept = ['credentials deploy', 'credentials dev', 'credentials other', 'permission-set Developer'];
    expect(Object.keys(await held())).toEqual([...kept, 'permission-set ReadOnly', 'sign-in']);
    expect(await zsp(verbs.login)).toMatchObject({ status: 0 });
    expect(await zsp(verbs.logout)).toMatchObject({ status: 0 });
    expect(await held()).toEqual({});
    await empty();
  });
});

/** A quota may be larger than `fill` fills. */
function allowed(): boolean {
  return Number(readFileSync('/proc/sys/kernel/keys/maxbytes', 'utf8')) < 32_768 && hasKernelKeyring(user);
}
