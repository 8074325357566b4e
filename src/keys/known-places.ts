import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Env, home } from '../places';

/** Where programs keep AWS keys, or people leave them, under the home directory. */
const underHome = [
  '.aws',
  // Shells: what they read at the start, and what was typed.
  '.profile',
  '.bashrc',
  '.bash_profile',
  '.bash_login',
  '.bash_aliases',
  '.bash_history',
  '.zshenv',
  '.zprofile',
  '.zshrc',
  '.zsh_history',
  '.kshrc',
  '.cshrc',
  '.tcshrc',
  '.history',
  '.config/fish/config.fish',
  '.config/fish/conf.d',
  '.config/fish/fish_variables',
  '.local/share/fish/fish_history',
  '.config/powershell',
  '.local/share/powershell/PSReadLine',
  'Documents/PowerShell',
  'Documents/WindowsPowerShell',
  'AppData/Roaming/Microsoft/Windows/PowerShell/PSReadLine',
  '.config/environment.d',
  '.pam_environment',
  '.envrc',
  '.env',
  // Other programs' histories.
  '.python_history',
  '.node_repl_history',
  '.psql_history',
  '.mysql_history',
  '.viminfo',
  // Tools that speak to AWS, or carry its keys.
  '.npmrc',
  '.yarnrc',
  '.yarnrc.yml',
  '.pypirc',
  '.netrc',
  '.gitconfig',
  '.git-credentials',
  '.s3cfg',
  '.boto',
  '.passwd-s3fs',
  '.rclone.conf',
  '.config/rclone/rclone.conf',
  'AppData/Roaming/rclone/rclone.conf',
  '.mc/config.json',
  '.docker/config.json',
  '.kube/config',
  '.terraformrc',
  '.terraform.d/credentials.tfrc.json',
  '.pulumi/credentials.json',
  '.serverlessrc',
  '.m2/settings.xml',
  '.gradle/gradle.properties',
  '.sbt/.credentials',
] as const;

/** The variables that name such a file elsewhere; KUBECONFIG may name several. */
const variables = [
  'AWS_CONFIG_FILE',
  'AWS_SHARED_CREDENTIALS_FILE',
  'BOTO_CONFIG',
  'RCLONE_CONFIG',
  'NPM_CONFIG_USERCONFIG',
  'KUBECONFIG',
  'HISTFILE',
];

/** The files and directories of this machine that keys are found in, as far as they are there. */
export function knownPlaces(env: Env): readonly string[] {
  const separator = process.platform === 'win32' ? ';' : ':';
  const named = variables.flatMap((name) => {
    const value = env[name];
    if (!value) return [];
    return name === 'KUBECONFIG' ? value.split(separator).filter(Boolean) : [value];
  });
  const docker = env.DOCKER_CONFIG ? [join(env.DOCKER_CONFIG, 'config.json')] : [];
  const all = [...underHome.map((path) => join(home(env), path)), ...named, ...docker];
  return [...new Set(all)].filter((path) => existsSync(path));
}
