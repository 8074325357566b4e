import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Check, DoctorWorld } from '../../src/doctor/check';
import { examine } from '../../src/doctor/checks';
import { credentialProcessLine } from '../../src/profile/process-line';
import { removeDirectory } from '../support/remove-directory';

/** A machine on which nothing is wrong, until a test plants it. */
export interface Machine {
  readonly path: string;
  readonly world: DoctorWorld;
  /** Writes a file under the home, 0600 in directories of 0700. @returns its path */
  write(name: string, text: string): string;
  remove(): void;
}

const node = process.execPath;

export const config = (script: string) => `[sso-session corp]
sso_start_url = https://corp.awsapps.com/start
sso_region = eu-west-1

[profile dev]
credential_process = ${credentialProcessLine(node, script, 'dev')}
region = eu-west-1
zsp_sso_session = corp
zsp_sso_account_id = 111122223333
zsp_sso_role_name = Developer

[profile theirs]
sso_session = corp
`;

export function healthyMachine(more: Partial<DoctorWorld> = {}): Machine {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'zsp-doctor-')));
  const write = (name: string, text: string) => {
    const file = join(path, name);
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  };
  const script = write('zsp.js', '');
  write('.aws/config', config(script));
  const world: DoctorWorld = {
    env: { HOME: path, USERPROFILE: path },
    platform: process.platform,
    node,
    script,
    versions: { zsp: '0.1.0', node: '20.19.0', aws: '2.9.19' },
    tryKeychain: async () => {},
    reach: async () => 0,
    ...more,
  };
  return { path, world, write, remove: () => removeDirectory(path) };
}

/** What a check says: message and remedy of each finding. */
export async function told(check: Check, world: DoctorWorld): Promise<readonly (readonly [string, string])[]> {
  return (await examine(check, world)).map(({ message, remedy }) => [message, remedy]);
}
