import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compile } from '../support/compiled';
import { needs } from '../support/needs';
import { removeDirectory } from '../support/remove-directory';

/** A process that does nothing but run(), as `zsp exec` would: its status is the command's. */
const runner = `
const { run } = require('./child/run.js');
const [terminal, command, ...args] = process.argv.slice(1);
run({ command, args, env: process.env, terminal: terminal === 'terminal', report: (line) => console.error('zsp: ' + line) })
  .then((status) => { process.exitCode = status; });
`;

let compiled: ReturnType<typeof compile>;
let directory: string;
beforeAll(() => {
  compiled = compile();
  directory = mkdtempSync(join(tmpdir(), 'zsp-run-'));
});
afterAll(() => {
  compiled?.remove();
  removeDirectory(directory);
});

const posix = needs('posix');

function start(command: readonly string[], terminal = 'none'): ChildProcess {
  const args = ['-e', runner, '--', terminal, ...command];
  return spawn(process.execPath, args, { cwd: compiled.directory, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
}

async function ended(child: ChildProcess): Promise<{ status: number | null; stdout: string; stderr: string }> {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (data) => {
    stdout += data;
  });
  child.stderr?.on('data', (data) => {
    stderr += data;
  });
  const [status] = await once(child, 'close');
  return { status, stdout, stderr };
}

describe.skipIf(posix.skip)(`run${posix.why}`, () => {
  test.each([
    ['the status of a command', ['sh', '-c', 'exit 7'], 7],
    ['success', ['sh', '-c', ':'], 0],
    ['128 + 15 for SIGTERM', ['sh', '-c', 'kill -TERM $$'], 143],
    ['128 + 9 for SIGKILL', ['sh', '-c', 'kill -KILL $$'], 137],
  ])('answers %s', async (_, command, status) => {
    expect(await ended(start(command))).toEqual({ status, stdout: '', stderr: '' });
  });

  test('hands over arguments as they are, without a shell', async () => {
    const args = ['a b', '$(id)', "'", '', '*'];
    const { stdout } = await ended(start([process.execPath, '-p', 'JSON.stringify(process.argv.slice(1))', ...args]));
    expect(JSON.parse(stdout)).toEqual(args);
  });

  test('answers 127 for a command that is not found, and says so', async () => {
    const { status, stderr } = await ended(start(['no-such-command-\u001b[2J']));
    expect({ status, stderr }).toEqual({ status: 127, stderr: 'zsp: cannot run no-such-command-?[2J: not found\n' });
  });

  test('answers 126 for a file that is not executable, and says so', async () => {
    const file = join(directory, 'plain.txt');
    writeFileSync(file, 'text');
    chmodSync(file, 0o644);
    const { status, stderr } = await ended(start([file]));
    expect({ status, stderr }).toEqual({ status: 126, stderr: `zsp: cannot run ${file}: not executable\n` });
  });

  /** Says each signal it gets; ends by itself after `ready` + one signal + a moment, so that a second one would be seen. */
  const listener = `
    for (const signal of ['SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGHUP'])
      process.on(signal, () => { console.log(signal); setTimeout(() => process.exit(5), 300); });
    setTimeout(() => process.exit(9), 10_000);
    console.log('ready');
  `;
  const listening = async (terminal: string) => {
    const child = start([process.execPath, '-e', listener], terminal);
    const all = ended(child);
    if (child.stdout) await once(child.stdout, 'data');
    return { child, all };
  };

  test.each(['SIGTERM', 'SIGHUP'] as const)('forwards %s and answers what the command makes of it', async (signal) => {
    const { child, all } = await listening('terminal');
    child.kill(signal);
    expect(await all).toMatchObject({ status: 5, stdout: `ready\n${signal}\n` });
  });

  test.each(['SIGINT', 'SIGQUIT'] as const)('forwards %s where no terminal does it', async (signal) => {
    const { child, all } = await listening('none');
    child.kill(signal);
    expect(await all).toMatchObject({ status: 5, stdout: `ready\n${signal}\n` });
  });

  test.each(['SIGINT', 'SIGQUIT'] as const)(
    'outlives %s from a terminal, which the command gets once',
    async (signal) => {
      const { child, all } = await listening('terminal');
      process.kill(-(child.pid ?? Number.NaN), signal);
      expect(await all).toMatchObject({ status: 5, stdout: `ready\n${signal}\n` });
    },
  );
});
