import { spawn } from 'node:child_process';
import { closeSync, openSync, statSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { ensurePrivateDirectory, places } from '../places';

/** One renewal at a time is enough, and one that was killed holds off the next for this long, in milliseconds. */
const patience = 20_000;

/** Starts `credential-process … --ahead`, detached: it holds none of the caller's pipes and outlives it. Failing is no harm. */
export function startRenewal(args: readonly string[], env: NodeJS.ProcessEnv, name: string): void {
  try {
    if (!first(join(places(env).runtime, 'renewals'), name)) return;
    const script = process.argv[1];
    if (!script) return;
    const options = { detached: true, stdio: 'ignore', cwd: '/', env, windowsHide: true } as const;
    const child = spawn(process.execPath, [script, 'credential-process', ...args, '--ahead'], options);
    child.on('error', () => {});
    child.unref();
  } catch {
    // The session that was just served is good for minutes: the next call tries again.
  }
}

/** A marker file keeps a burst of hits from starting a burst of renewals. */
function first(directory: string, name: string): boolean {
  ensurePrivateDirectory(directory);
  const marker = join(directory, Buffer.from(name).toString('hex').slice(-200));
  try {
    closeSync(openSync(marker, 'wx', 0o600));
    return true;
  } catch {
    if (Date.now() - statSync(marker).mtimeMs < patience) return false;
    unlinkSync(marker);
    closeSync(openSync(marker, 'wx', 0o600));
    return true;
  }
}
