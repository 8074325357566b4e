import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { credentialProcessLine } from '../profile/process-line';

/** A throw-away home whose profiles reach a sandbox: what a developer's machine looks like on the first day. */
export interface DemoHome {
  readonly path: string;
  /** For its programs: nothing of the user's own AWS set-up, and a random passphrase for the `file` keychain. */
  readonly env: Readonly<Record<string, string>>;
  /** How many files hold one of the texts, and how many were searched. */
  search(texts: readonly string[]): { readonly files: number; readonly found: number };
  remove(): void;
}

/** @param url the sandbox; @param script the launcher that credential_process runs */
export function makeDemoHome(url: string, script: string): DemoHome {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'zsp-demo-')));
  const write = (name: string, text: string) => {
    mkdirSync(dirname(join(path, name)), { recursive: true, mode: 0o700 });
    writeFileSync(join(path, name), text, { mode: 0o600 });
  };
  mkdirSync(join(path, 'run'), { mode: 0o700 });
  write(
    '.aws/config',
    config((profile) => credentialProcessLine(process.execPath, script, profile)),
  );
  write('.config/zsp/policies/read-artifacts.json', readArtifacts);
  return {
    path,
    env: environment(path, url),
    search(texts) {
      const files = readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
      const held = files.map((file) => readFileSync(join(file.parentPath, file.name), 'latin1'));
      return { files: files.length, found: held.filter((text) => texts.some((one) => text.includes(one))).length };
    },
    remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 5 }),
  };
}

const config = (line: (profile: string) => string) => `[sso-session corp]
sso_start_url = https://corp.awsapps.com/start
sso_region = eu-west-1
sso_registration_scopes = sso:account:access
zsp_keychain = file

[profile dev]
credential_process = ${line('dev')}
region = eu-west-1
zsp_sso_session = corp
zsp_sso_account_id = 111122223333
zsp_sso_role_name = Developer

# The Developer may assume this role; the session is scoped to reading one bucket.
[profile deploy]
credential_process = ${line('deploy')}
region = eu-west-1
zsp_source_profile = dev
zsp_role_arn = arn:aws:iam::444455556666:role/deploy
zsp_session_policy = read-artifacts

# Nothing is issued here until somebody asks for it, with a reason.
[profile admin]
credential_process = ${line('admin')}
region = eu-west-1
zsp_source_profile = dev
zsp_role_arn = arn:aws:iam::444455556666:role/admin
zsp_elevation = required
zsp_reason = required
`;

const readArtifacts = `{
  "Version": "2012-10-17",
  "Statement": [
    { "Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::artifacts" },
    { "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::artifacts/*" }
  ]
}
`;

const inherited = /^(PATH|TERM|COLORTERM|NO_COLOR|LANG|LC_.*|TZ|TMPDIR|TEMP|TMP|SystemRoot|windir|PATHEXT|COMSPEC)$/i;

function environment(path: string, url: string): Record<string, string> {
  const kept = Object.entries(process.env).filter(([name]) => inherited.test(name)) as [string, string][];
  return {
    ...Object.fromEntries(kept),
    PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH ?? ''}`,
    HOME: path,
    USERPROFILE: path,
    APPDATA: join(path, 'AppData', 'Roaming'),
    LOCALAPPDATA: join(path, 'AppData', 'Local'),
    XDG_CONFIG_HOME: join(path, '.config'),
    XDG_STATE_HOME: join(path, '.local', 'state'),
    XDG_RUNTIME_DIR: join(path, 'run'),
    AWS_CONFIG_FILE: join(path, '.aws', 'config'),
    AWS_SHARED_CREDENTIALS_FILE: join(path, '.aws', 'credentials'),
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_PAGER: '',
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    AWS_ENDPOINT_URL: url,
    // The browser of the demo is the sandbox itself: it confirms the code.
    SSH_CONNECTION: 'demo',
    ZSP_PASSPHRASE: randomBytes(24).toString('base64url'),
  };
}
