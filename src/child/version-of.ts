import { execFile } from 'node:child_process';
import { resolveProgram } from './program';

/** What a program says to `--version`, or undefined where there is none that answers in time. */
export function versionOf(command: string, env: NodeJS.ProcessEnv, milliseconds = 5_000): Promise<string | undefined> {
  const variables = Object.entries(env).filter((pair): pair is [string, string] => pair[1] !== undefined);
  const program = resolveProgram(command, Object.fromEntries(variables));
  if (!('file' in program)) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    execFile(program.file, ['--version'], { env, timeout: milliseconds, windowsHide: true }, (error, stdout) => {
      resolve(error ? undefined : /\d+\.\d+(?:\.\d+)?/.exec(stdout)?.[0]);
    });
  });
}
