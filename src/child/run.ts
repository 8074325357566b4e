import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { resolveProgram } from './program';

export interface Command {
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment, e.g. from `childEnvironment`. */
  readonly env: Readonly<Record<string, string>>;
  /** Is there a terminal, from which Ctrl-C and Ctrl-\ reach the command by themselves? */
  readonly terminal: boolean;
  /** Takes the one line that says why the command could not be started. */
  readonly report: (line: string) => void;
}

/** As POSIX has it for a shell, and as `env` does: §2.8.2 of the Shell Command Language. */
const notExecutable = 126;
const notFound = 127;

const forwarded = ['SIGTERM', 'SIGHUP'] as const;
const fromTerminal = ['SIGINT', 'SIGQUIT'] as const;

/**
 * Runs a command on this process's stdin, stdout and stderr, without a shell, and outlives the signals meant for it.
 * @returns its exit status as a shell would say it: 128 + n when signal n ended it, 127 when it is not found, 126 when
 *   it cannot be executed
 */
export async function run({ command, args, env, terminal, report }: Command): Promise<number> {
  const program = resolveProgram(command, env);
  if ('problem' in program) {
    report(program.problem);
    return program.found ? notExecutable : notFound;
  }
  return new Promise((resolve) => {
    const child = spawn(program.file, args, { env, stdio: 'inherit' });
    const forward = (signal: NodeJS.Signals) => {
      child.kill(signal);
    };
    // The terminal sends these to the command too: a second one makes terraform and others abort where they would wind up.
    const survive = terminal ? () => {} : forward;
    const release = () => {
      for (const signal of forwarded) process.off(signal, forward);
      for (const signal of fromTerminal) process.off(signal, survive);
    };
    for (const signal of forwarded) process.on(signal, forward);
    for (const signal of fromTerminal) process.on(signal, survive);

    child.once('error', (error: NodeJS.ErrnoException) => {
      if (child.pid !== undefined) return;
      release();
      report(`cannot run ${printable(command)}: ${error.code === 'ENOENT' ? 'not found' : 'not executable'}`);
      resolve(error.code === 'ENOENT' ? notFound : notExecutable);
    });
    child.once('exit', (code, signal) => {
      release();
      resolve(code ?? 128 + (signal ? constants.signals[signal] : 0));
    });
  });
}

function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 200);
}
