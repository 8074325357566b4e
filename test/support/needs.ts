import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, resolve } from 'node:path';

/** What a Debian machine can install: the command to look for, and the package that brings it. */
const installable = {
  aws: { command: 'aws', package: 'awscli' },
  boto3: { command: 'python3', module: 'boto3', package: 'python3-boto3' },
  botocore: { command: '/usr/bin/python3', module: 'botocore', package: 'python3-botocore' },
  chromium: { command: 'chromium', package: 'chromium' },
  curl: { command: 'curl', package: 'curl' },
  dbus: { command: 'dbus-run-session', package: 'dbus-daemon' },
  faketime: { command: 'faketime', package: 'faketime' },
  fish: { command: 'fish', package: 'fish' },
  git: { command: 'git', package: 'git' },
  'gnome-keyring': { command: 'gnome-keyring-daemon', package: 'gnome-keyring' },
  keyctl: { command: 'keyctl', package: 'keyutils' },
  mandoc: { command: 'mandoc', package: 'mandoc' },
  mount: { command: 'mount', package: 'mount' },
  nsenter: { command: 'nsenter', package: 'util-linux' },
  openssl: { command: 'openssl', package: 'openssl' },
  python3: { command: 'python3', package: 'python3' },
  rclone: { command: 'rclone', package: 'rclone' },
  script: { command: 'script', package: 'bsdutils' },
  'secret-tool': { command: 'secret-tool', package: 'libsecret-tools' },
  strace: { command: 'strace', package: 'strace' },
  tmux: { command: 'tmux', package: 'tmux' },
  bash: { command: 'bash', package: 'bash' },
  unshare: { command: 'unshare', package: 'util-linux' },
  zsh: { command: 'zsh', package: 'zsh' },
} as const;

/** What no package of Debian's brings: the operating system, the user, the build of Node. */
const given = {
  linux: () => process.platform === 'linux',
  macos: () => process.platform === 'darwin',
  windows: () => process.platform === 'win32',
  posix: () => process.platform !== 'win32',
  root: () => process.geteuid?.() === 0,
  'not-root': () => process.geteuid !== undefined && process.geteuid() !== 0,
  moto: () => onPath('moto_server') !== undefined,
  pwsh: () => onPath('pwsh') !== undefined,
} as const;

type Need = keyof typeof installable | keyof typeof given;

/**
 * Whether this machine has what a test needs. Used as
 *
 *     const keyring = needs('dbus', 'gnome-keyring');
 *     test.skipIf(keyring.skip)(`a locked keyring is not an absent item${keyring.why}`, …)
 *
 * `why` is empty or ` (skipped: needs gnome-keyring)`. Where ZSP_NO_SKIP is set (.ci/run, which has installed every
 * package) a missing package fails the test file instead of skipping its tests.
 */
export function needs(...names: readonly Need[]): { readonly skip: boolean; readonly why: string } {
  const missing = names.filter((name) => !has(name));
  const forgotten = missing
    .filter((name) => isInstallable(name))
    .map((name) => installable[name as keyof typeof installable].package);
  if (process.env.ZSP_NO_SKIP && process.platform === 'linux' && forgotten.length > 0) {
    throw new Error(`ZSP_NO_SKIP is set and a test needs ${forgotten.join(', ')}: add it to .ci/run`);
  }
  return { skip: missing.length > 0, why: missing.length > 0 ? ` (skipped: needs ${missing.join(', ')})` : '' };
}

/** The absolute path of a command, by its name or its absolute path, or undefined. */
export function onPath(command: string): string | undefined {
  const endings = process.platform === 'win32' ? ['.exe', '.cmd', ''] : [''];
  for (const directory of (process.env.PATH ?? '').split(delimiter).filter(Boolean)) {
    for (const ending of endings) {
      const file = resolve(directory, command + ending);
      if (isExecutable(file)) return file;
    }
  }
  return undefined;
}

function has(name: Need): boolean {
  if (!isInstallable(name)) return given[name]();
  const wanted: { command: string; module?: string } = installable[name];
  const command = onPath(wanted.command);
  if (command === undefined) return false;
  return wanted.module === undefined || spawnSync(command, ['-c', `import ${wanted.module}`]).status === 0;
}

function isInstallable(name: Need): name is keyof typeof installable {
  return name in installable;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
