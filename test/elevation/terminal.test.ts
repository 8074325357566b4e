import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { needs, onPath } from '../support/needs';
import { launcher } from '../support/zsp';
import { openScene, roleArn, type Scene } from './scene';

const { skip, why } = needs('tmux', 'bash', 'posix');

let scene: Scene;
let socket: string;
beforeAll(async () => {
  if (skip) return;
  scene = await openScene();
  scene.home.write('.bashrc', `PS1='mine$ '\nzsp() { ${process.execPath} ${launcher} "$@"; }\n`);
  socket = join(scene.home.path, 'tmux');
});
afterAll(async () => {
  if (skip) return;
  tmux('kill-server');
  await scene.close();
});

const tmux = (...args: readonly string[]) =>
  execFileSync('tmux', ['-S', socket, '-f', '/dev/null', ...args], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH },
  });
const type = (line: string) => tmux('send-keys', '-t', 'zsp', line, 'Enter');

async function screen(pattern: RegExp): Promise<string> {
  let shown = '';
  for (const end = Date.now() + 20_000; Date.now() < end; ) {
    shown = tmux('capture-pane', '-p', '-t', 'zsp');
    if (pattern.test(shown)) return shown;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`the terminal does not show ${pattern}:\n${shown}`);
}

/** A new terminal with a bash in it. */
function terminal(columns: number): void {
  const env = { ...scene.home.env, SHELL: onPath('bash') ?? '', TERM: 'xterm', NO_COLOR: '1' };
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const start = ['env', '-i', ...variables, 'bash', '-i'];
  tmux('new-session', '-d', '-s', 'zsp', '-x', String(columns), '-y', '40', '-c', scene.home.path, ...start);
}

describe.skipIf(skip)(`in a real terminal${why}`, { timeout: 60_000 }, () => {
  test('a subshell is elevated, no other shell is, and leaving it ends the window', async () => {
    terminal(80);
    type(`zsp assume ${roleArn('audited')} -p dev --duration 2h`);
    const opened = await screen(/\[zsp:audited\] mine\$$/m);
    expect(opened).toMatch(/✓ audited from dev until \d\d:\d\d \(in 2h\): role audited in/);
    expect(opened).toContain('in this shell only; leave it with exit');
    type(`clear; zsp whoami`);
    await screen(/assumed-role\/audited\//);
    expect((await scene.zsp('whoami', 'dev')).stdout).toContain('AWSReservedSSO_Developer');
    type('clear; env | grep -c SECRET; exit 4');
    const left = await screen(/What was handed out for audited from dev lives on at AWS until/);
    expect(left).toMatch(/^0$/m);
    type('echo status $?');
    await screen(/status 4/);
    expect((await scene.zsp('status')).stdout).not.toContain('audited');
  });

  test('drop inside the subshell ends its window: nothing more is issued there', async () => {
    type(`clear; zsp assume ${roleArn('audited')} -p dev`);
    await screen(/\[zsp:audited\] mine\$$/m);
    type(`clear; zsp drop`);
    await screen(/Dropped: audited from dev\./);
    type(`clear; zsp whoami; echo status $?`);
    const ended = await screen(/status 8/);
    expect(ended).toContain('the elevation of this shell has ended');
    expect(ended).toContain('leave this shell, and run zsp assume again');
    type('exit');
    await screen(/^mine\$$/m);
  });

  test('Ctrl-C is the command’s: zsp ends the window and gives the command’s status', async () => {
    type(
      `clear; zsp assume ${roleArn('audited')} -p dev -- sh -c "trap 'echo got it; exit 5' INT; echo ready; sleep 30"`,
    );
    await screen(/^ready$/m);
    tmux('send-keys', '-t', 'zsp', 'C-c');
    await screen(/got it/);
    await screen(/lives on at AWS until/);
    type('echo status $?');
    await screen(/status 5/);
    expect((await scene.zsp('status')).stdout).not.toContain('audited');
  });

  test('what is said fits into eighty columns', async () => {
    for (const duration of ['90s', '4h']) {
      type(`clear; zsp assume admin --duration ${duration} 2>&1 | cut -c 81- | tr -d '\\n' | wc -c; echo done`);
      expect(await screen(/^done$/m)).toMatch(/^0\n+done$/m);
    }
  });
});
