import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Stage } from '../commands/demo';
import { makeDemoHome } from './home';
import { startSandbox } from './server';

/** Opens the stage of `zsp demo`: an AWS whose user confirms every code after a moment, and a home that reaches it. */
export async function openStage(launcher: string): Promise<Stage> {
  const sandbox = await startSandbox({ autoApproveMs: 1_000 });
  const home = makeDemoHome(sandbox.url, launcher);
  return {
    url: sandbox.url,
    zsp: [process.execPath, launcher],
    aws: onPath('aws'),
    sdk: [process.execPath, join(__dirname, 'client.js')],
    run: ([program = '', ...args]) => run(program, args, home.env),
    searchHome() {
      const secrets = sandbox.secrets();
      return { secrets: secrets.length, ...home.search(secrets) };
    },
    async close() {
      await sandbox.close();
      home.remove();
    },
  };
}

function run(program: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env, stdio: ['ignore', 'inherit', 'inherit'], windowsHide: true });
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

function onPath(name: string): string | undefined {
  const directories = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  const names = process.platform === 'win32' ? [`${name}.exe`] : [name];
  return directories.flatMap((directory) => names.map((file) => join(directory, file))).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
