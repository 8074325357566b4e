import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { needs } from '../support/needs';
import type { Run } from '../support/zsp';
import { deploy, dev, filesUnder, openStage, role, type Stage } from './stage';

/** After every verb: no file under the home, no argument list, and no environment but the command's own holds a secret. */

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
  mkdirSync(join(stage.home.path, 'tmp'));
  stage.configure({ dev, deploy, admin: role('admin', { zsp_elevation: 'required', zsp_reason: 'required' }) });
});
afterAll(() => stage.close());

interface Seen {
  readonly pid: string;
  readonly arguments: string;
  readonly environment: string;
}

/** The processes of this home, as anyone could see them in /proc. */
function processes(): readonly Seen[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && name !== String(process.pid));
  return pids.flatMap((pid) => {
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, 'latin1');
      if (!environment.includes(stage.home.path)) return [];
      return [{ pid, arguments: readFileSync(`/proc/${pid}/cmdline`, 'latin1'), environment }];
    } catch {
      return []; // it has ended meanwhile
    }
  });
}

const canSee = process.platform === 'linux';

/** Runs zsp, looking at its processes while it runs. */
async function watched(args: readonly string[]): Promise<{ readonly run: Run; readonly seen: readonly Seen[] }> {
  const seen: Seen[] = [];
  const look = () => void (canSee && seen.push(...processes()));
  const timer = setInterval(look, 20);
  try {
    return { run: await stage.zsp(args, { TMPDIR: join(stage.home.path, 'tmp') }), seen };
  } finally {
    clearInterval(timer);
  }
}

const leaked = (texts: readonly (readonly [string, string])[]) => {
  const secrets = stage.sandbox.secrets();
  return texts.filter(([, text]) => secrets.some((secret) => text.includes(secret))).map(([place]) => place);
};

// Lives long enough to be seen, and holds what it was given in its environment.
const command = [process.execPath, '-e', 'setTimeout(() => console.log("the command ran"), 300)'];

const verbs: readonly (readonly [words: string, args: readonly string[], status: number])[] = [
  ['login', ['login', 'corp', '--no-browser', '--qr'], 0],
  ['credential-process', ['credential-process', '--profile', 'deploy'], 0],
  ['credential-process, held', ['credential-process', '--profile', 'deploy'], 0],
  ['status', ['status'], 0],
  ['status --json', ['status', '--json'], 0],
  ['whoami', ['whoami', 'deploy'], 0],
  ['assume PROFILE', ['assume', 'admin', '--duration', '20m', '--reason', 'ticket AB-1'], 0],
  ['assume ROLE --format json, refused', ['assume', 'role:audited', '-p', 'deploy', '--format', 'json'], 5],
  ['assume ARN --format env', ['assume', 'arn:aws:iam::444455556666:role/audited', '-p', 'dev', '--format', 'env'], 0],
  ['assume ARN -- command', ['assume', 'arn:aws:iam::444455556666:role/audited', '-p', 'dev', '--', ...command], 0],
  ['exec -- command', ['exec', 'deploy', '--', ...command], 0],
  ['drop', ['drop', 'admin'], 0],
  ['history', ['history'], 0],
  ['history --json', ['history', '--json'], 0],
  ['history verify', ['history', 'verify'], 0],
  ['login --force', ['login', 'corp', '--force', '--no-browser'], 0],
  ['logout', ['logout', 'corp'], 0],
];

const printing = /^credential-process|--format/;

describe.sequential('nothing leaks', () => {
  test.each(verbs)('after %s', async (words, args, status) => {
    const { run, seen } = await watched(args);
    expect({ status: run.status, stderr: run.status === status ? '' : run.stderr }).toEqual({ status, stderr: '' });

    expect(leaked(filesUnder(stage.home.path))).toEqual([]);
    expect(leaked(seen.map((one) => [one.arguments, one.arguments]))).toEqual([]);
    const ownOfExec = (one: Seen) => words === 'exec -- command' && one.arguments === `${command.join('\0')}\0`;
    const others = seen.filter((one) => !ownOfExec(one));
    expect(leaked(others.map((one) => [one.arguments, one.environment]))).toEqual([]);
    expect(leaked([['stderr', run.stderr]])).toEqual([]);
    if (!printing.test(words)) expect(leaked([['stdout', run.stdout]])).toEqual([]);
  });

  const linux = needs('linux');
  test.skipIf(linux.skip)(`the search would find a secret, in a file and in a process${linux.why}`, async () => {
    await stage.login();
    const { seen } = await watched(['exec', 'dev', '--', ...command]);
    expect(leaked(seen.map((one) => [one.arguments, one.environment]))).toContain(`${command.join('\0')}\0`);
    const [secret = ''] = stage.sandbox.secrets();
    const file = stage.home.write('tmp/core', `…${secret}…`);
    expect(leaked(filesUnder(stage.home.path))).toEqual([file]);
  });
});
