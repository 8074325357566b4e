import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Config and credentials files of a command's own, without credentials, in a directory of their own (0700) until `dispose`.
 * @param config the config file's text, which holds no secret
 */
export function clientFiles(config: string): {
  readonly variables: Readonly<Record<string, string>>;
  dispose(): void;
} {
  const directory = mkdtempSync(join(tmpdir(), 'zsp-exec-'));
  const files = {
    AWS_CONFIG_FILE: join(directory, 'config'),
    AWS_SHARED_CREDENTIALS_FILE: join(directory, 'credentials'),
  };
  writeFileSync(files.AWS_CONFIG_FILE, config, { mode: 0o600 });
  writeFileSync(files.AWS_SHARED_CREDENTIALS_FILE, '', { mode: 0o600 });
  return { variables: files, dispose: () => rmSync(directory, { recursive: true, force: true }) };
}
