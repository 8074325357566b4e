import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { launcher, type Run, run } from './zsp';

/** A kernel keyring of its own: that of a user whom nobody else is, in a session that all its programs join. */
export interface KernelKeyring {
  /** What a program is run by to be on it. */
  readonly through: readonly string[];
  run(command: readonly string[], options: { readonly env: Env; readonly cwd: string }): Promise<Run>;
  /** Removes every key. */
  forget(): Promise<void>;
  stop(): Promise<void>;
}

type Env = Readonly<Record<string, string>>;

const plain = { env: { PATH: process.env.PATH ?? '' }, cwd: '/' };

/** Needs root and keyctl. @param uid that no test running at the same time uses: quotas are a user's */
export async function kernelKeyring(uid: number): Promise<KernelKeyring> {
  const user = asUser(uid);
  const through = [...user, 'keyctl', 'session', `zsp-${uid}`];
  spawnSync('setpriv', [...user.slice(1), 'keyctl', 'clear', '@u']);
  // Whoever may search a session keyring may join it. It is kept by one that ends with its stdin: a full quota has no room for another.
  const [program = '', ...args] = [...through, 'sh', '-c', 'keyctl setperm @s 0x3f3f0000 && echo && exec cat'];
  const keeper: ChildProcess = spawn(program, args, { stdio: ['pipe', 'pipe', 'ignore'] });
  if (keeper.stdout) await once(keeper.stdout, 'data');
  const on: KernelKeyring['run'] = async (command, options) => {
    const [first = '', ...rest] = [...through, ...command];
    const ended = await run(first, rest, options);
    return { ...ended, stderr: ended.stderr.replace(/^Joined session keyring: \d+\n/, '') };
  };
  const forget = async () => {
    await on(['sh', '-c', 'keyctl clear $(keyctl get_persistent @s); keyctl clear @s; keyctl clear @u'], plain);
  };
  await forget();
  return {
    through,
    run: on,
    forget,
    async stop() {
      await forget();
      keeper.stdin?.end();
    },
  };
}

/** Whether there can be one: containers often forbid keyctl, and a checkout may be its owner's alone. */
export function hasKernelKeyring(uid: number): boolean {
  const [program = '', ...args] = [...asUser(uid), 'keyctl', 'session', '-', process.execPath, launcher, '--version'];
  return spawnSync(program, args).status === 0;
}

const asUser = (uid: number) => ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'];
