import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { needs } from '../support/needs';
import { openTerminal } from '../support/terminal';
import { launcher, runZsp } from '../support/zsp';
import { answerOf, deploy, dev, filesUnder, openStage, type Stage, start, until } from './stage';

/** Ctrl-C at any moment, and a disk that is full: nothing half-written, held sessions intact, the next call succeeds. */

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.close());

const temporary = () => filesUnder(stage.home.path).filter(([path]) => path.endsWith('.tmp'));
const posix = needs('posix');
const tmux = needs('tmux', 'bash');

describe('Ctrl-C', () => {
  test.skipIf(posix.skip)(
    `while a sign-in waits for its user ends it, and the next one is not kept waiting${posix.why}`,
    async () => {
      const alone = await openStage({ autoApproveMs: undefined });
      try {
        const login = start(alone, ['login', 'corp', '--no-browser']);
        await until(() => alone.sandbox.count('CreateToken') > 0, 'the first poll');
        login.child.kill('SIGINT');
        const { status, stdout, stderr } = await login.ended;
        expect({ status, stdout }).toEqual({ status: 130, stdout: '' });
        expect(stderr).not.toMatch(/bug|Error|at .*\.js/);
        expect((await alone.credentials('deploy')).status).toBe(4);

        const again = start(alone, ['login', 'corp', '--no-browser']);
        await until(() => alone.sandbox.pending().length === 2, 'the second sign-in');
        for (const code of alone.sandbox.pending()) alone.sandbox.approve(code);
        expect(await again.ended).toMatchObject({ status: 0, stdout: '✓ Signed in to corp; it renews itself.\n' });
      } finally {
        await alone.close();
      }
    },
  );

  test.skipIf(posix.skip)(`during a discovery writes nothing, and the next one is whole${posix.why}`, async () => {
    await stage.login();
    const config = () => readFileSync(join(stage.home.path, '.aws/config'), 'utf8');
    const before = config();
    stage.sandbox.faults.push({ match: { operation: 'ListAccountRoles', times: 1 }, action: 'hang' });
    const configure = start(stage, ['configure', 'profiles', '--yes']);
    await until(() => stage.sandbox.count('ListAccountRoles') > 0, 'the discovery');
    configure.child.kill('SIGINT');
    expect(await configure.ended).toEqual({ status: 130, stdout: '', stderr: '' });
    expect([config(), temporary()]).toEqual([before, []]);
    expect(await stage.zsp(['configure', 'profiles', '--yes'])).toMatchObject({ status: 0 });
    expect(
      config()
        .slice(before.length)
        .match(/^\[profile /gm),
    ).toHaveLength(5);
  });

  test.skipIf(tmux.skip)(`is said on a terminal${tmux.why}`, async () => {
    const alone = await openStage({ autoApproveMs: undefined });
    const terminal = openTerminal(['bash', '--norc', '-i'], { env: { ...alone.home.env, HISTFILE: '' } });
    try {
      terminal.keys(`'${process.execPath}' '${launcher}' login corp --no-browser; echo status:$?`, 'Enter');
      await terminal.shows(/Waiting for you/);
      terminal.keys('C-c');
      await terminal.shows(/^zsp: interrupted\nstatus:130/m);
    } finally {
      terminal.close();
      await alone.close();
    }
  });

  test.skipIf(posix.skip).each([
    ['GetRoleCredentials', 'dev'],
    ['AssumeRole', 'deploy'],
  ])(`during %s ends the mint, and the next call makes its own${posix.why}`, async (operation, profile) => {
    await stage.login();
    stage.configure({ dev, deploy, other: { ...dev, zsp_sso_role_name: 'ReadOnly' } });
    const held = await stage.credentials('other');
    stage.sandbox.faults.push({ match: { operation, times: 1 }, action: 'hang' });
    const before = stage.sandbox.count(operation);
    const mint = start(stage, ['credential-process', '--profile', profile]);
    await until(() => stage.sandbox.count(operation) > before, operation);
    mint.child.kill('SIGINT');
    expect(await mint.ended).toEqual({ status: 130, stdout: '', stderr: '' });
    expect(temporary()).toEqual([]);
    expect(await stage.credentials('other')).toEqual(held);
    answerOf(await stage.credentials(profile));
  });

  test.skipIf(posix.skip)(`at any moment leaves no half of anything${posix.why}`, async () => {
    await stage.login();
    for (const milliseconds of [60, 160, 260, 360, 460]) {
      const mint = start(stage, ['credential-process', '--profile', 'deploy']);
      setTimeout(() => mint.child.kill('SIGINT'), milliseconds);
      const { status, stdout, stderr } = await mint.ended;
      expect({ whole: stdout === '' || stdout.endsWith('}\n'), stderr }).toEqual({ whole: true, stderr: '' });
      expect([0, 130, null]).toContain(status);
      expect(temporary()).toEqual([]);
    }
    answerOf(await stage.credentials('deploy'));
    expect((await stage.zsp(['history', 'verify'])).status).toBe(0);
  });
});

describe('a full disk', () => {
  const disk = needs('linux', 'root').skip ? undefined : tinyDisk();
  const why = disk ? '' : ' (skipped: needs root and the right to mount)';
  const path = disk ?? '';
  afterEach(() => {
    for (const name of disk ? readdirSync(disk) : []) rmSync(join(path, name), { recursive: true });
  });
  afterAll(() => {
    if (!disk) return;
    spawnSync('umount', [disk]);
    rmSync(disk, { recursive: true, force: true });
  });

  /** The environment in which all that zsp writes is on the tiny disk. */
  const tiny = () => {
    const at = (name: string) => join(path, name);
    for (const name of ['run', 'state']) mkdirSync(at(name), { mode: 0o700 });
    return { ...stage.env, XDG_RUNTIME_DIR: at('run'), XDG_STATE_HOME: at('state') };
  };
  const fill = () => spawnSync('dd', ['if=/dev/zero', `of=${join(path, 'ballast')}`, 'bs=4k']);
  const zsp = (env: Readonly<Record<string, string>>, ...args: string[]) => runZsp(args, { env, cwd: stage.home.path });

  test.skipIf(!disk)(`stops a sign-in with exit 9, before or after it asked the user${why}`, async () => {
    const env = tiny();
    fill();
    const { status, stdout, stderr } = await zsp(env, 'login', 'corp', '--no-browser');
    expect({ status, stdout }).toEqual({ status: 9, stdout: '' });
    expect(stderr).toMatch(/zsp: [^\n]*\(ENOSPC\)\nzsp: hint: [^\n]*room[^\n]*\n$/);
    expect((await zsp(env, 'credential-process', '--profile', 'deploy')).status).not.toBe(0);
    expect(filesUnder(path).filter(([path]) => path.endsWith('.tmp'))).toEqual([]);
  });

  test.skipIf(!disk)(
    `does not cost anyone a session: held ones are served, new ones are made and not kept${why}`,
    async () => {
      const env = tiny();
      expect((await zsp(env, 'login', 'corp', '--no-browser')).status).toBe(0);
      const held = await zsp(env, 'credential-process', '--profile', 'deploy');
      answerOf(held);
      const other = { ...deploy, zsp_duration: '30m' };
      stage.configure({ dev, deploy, other, permissionSet: { ...dev, zsp_sso_role_name: 'ReadOnly' } });
      fill();
      for (const unkept of ['other', 'permissionSet']) {
        const run = await zsp(env, 'credential-process', '--profile', unkept);
        expect(run).toMatchObject({ status: 0, stderr: '' });
      }
      expect(await zsp(env, 'credential-process', '--profile', 'deploy')).toEqual(held);
      expect(filesUnder(path).filter(([path]) => path.endsWith('.tmp'))).toEqual([]);
    },
  );
});

/** A file system of a quarter of a megabyte, where this user may mount one. */
function tinyDisk(): string | undefined {
  const path = mkdtempSync(join(tmpdir(), 'zsp-disk-'));
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k,mode=700', 'zsp-test', path]).status === 0) return path;
  rmSync(path, { recursive: true });
  return undefined;
}
