import { statSync } from 'node:fs';
import { win32 } from 'node:path';

/** The file to start, or why there is none. */
export type Program = { readonly file: string } | { readonly problem: string; readonly found: boolean };

/**
 * Finds a command's file. POSIX systems do it themselves, from the command's own PATH; Windows' CreateProcess knows
 * nothing of PATHEXT, and looks into the current directory first, which would let a downloaded `aws.exe` take over.
 */
export function resolveProgram(
  command: string,
  env: Readonly<Record<string, string>>,
  platform: NodeJS.Platform = process.platform,
  isFile: (path: string) => boolean = isRegularFile,
): Program {
  if (platform !== 'win32') return { file: command };
  const file = candidates(command, env).find(isFile);
  if (file === undefined) return { problem: `cannot run ${command}: not found`, found: false };
  if (/\.(bat|cmd)$/i.test(file)) {
    // Only cmd.exe runs these, and it takes its arguments apart in ways that no quoting fully prevents (CVE-2024-27980).
    return { problem: `cannot run ${command}: it is a batch file; put cmd /c before it`, found: true };
  }
  return { file };
}

function candidates(command: string, env: Readonly<Record<string, string>>): readonly string[] {
  const variable = (name: string) => Object.entries(env).find(([key]) => key.toUpperCase() === name)?.[1] ?? '';
  const endings = (variable('PATHEXT') || '.COM;.EXE;.BAT;.CMD').split(';').filter(Boolean);
  const names = win32.extname(command) === '' ? endings.map((ending) => command + ending) : [command];
  if (/[\\/:]/.test(command)) return names;
  const directories = variable('PATH')
    .split(';')
    .filter((directory) => win32.isAbsolute(directory));
  return directories.flatMap((directory) => names.map((name) => win32.join(directory, name)));
}

function isRegularFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
