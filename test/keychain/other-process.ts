import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

/** What a program in another process got: its answer, or the error zsp would print. */
export interface Outcome {
  readonly value?: unknown;
  readonly code?: string;
  readonly message?: string;
  readonly remedy?: string;
}

/**
 * Runs a few lines of JavaScript against zsp as it is shipped, in a process of its own. In scope: every export of src/keychain's
 * `binding`, `choice`, `blank-password`, `read-item` and `secret-service`, `Secret`, and a `lock` across processes.
 */
export async function elsewhere(compiled: string, env: NodeJS.ProcessEnv, body: string): Promise<Outcome> {
  const program = `
    const load = (name) => require(${JSON.stringify(compiled)} + '/' + name);
    const { nativeStore } = load('keychain/binding.js'), { openKeychain, recordBackend } = load('keychain/choice.js');
    const { refuseBlankPassword } = load('keychain/blank-password.js'), { readItemNow } = load('keychain/read-item.js');
    const { secretService } = load('keychain/secret-service.js');
    const { Secret } = load('secret.js'), { env } = process;
    const lock = async (name, work) => {
      const directory = env.XDG_RUNTIME_DIR + '/test-lock-' + name;
      for (;;) {
        try { require('node:fs').mkdirSync(directory); break; } catch { await new Promise((next) => setTimeout(next, 5)); }
      }
      try { return await work(); } finally { require('node:fs').rmdirSync(directory); }
    };
    (async () => { ${body} })().then(
      (value) => console.log(JSON.stringify({ value })),
      ({ code, message, remedy }) => console.log(JSON.stringify({ code, message, remedy })),
    );`;
  const child = spawn(process.execPath, ['-e', program], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  if (err) throw new Error(`the other process wrote to stderr: ${err}`);
  return JSON.parse(out) as Outcome;
}
