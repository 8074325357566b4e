import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { removeDirectory } from './remove-directory';

const root = resolve(__dirname, '../..');

/** Compiles src/ as it is shipped into a directory of its own, for tests whose subjects are whole processes. */
export function compile(): { readonly directory: string; remove(): void } {
  const directory = mkdtempSync(join(tmpdir(), 'zsp-compiled-'));
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const ran = spawnSync(process.execPath, [compiler, '-p', join(root, 'src'), '--outDir', directory]);
  if (!existsSync(join(directory, 'errors.js'))) throw new Error(`src does not compile: ${ran.stdout}${ran.stderr}`);
  symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'), 'junction');
  return { directory, remove: () => removeDirectory(directory) };
}
