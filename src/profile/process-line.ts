import { ZspError } from '../errors';

/** What shlex, a POSIX shell, cmd.exe and Go's splitting all leave alone; on Windows also what its paths are made of. */
const plain = /^[A-Za-z0-9_.@+=/:-]+$/;
const plainWindowsPath = /^[A-Za-z0-9_.@+=/:\\~-]+$/;

/**
 * The `credential_process` of a profile: absolute node, absolute script, plain arguments, no quotes, since clients disagree
 * about every quote.
 * @throws ZspError `config_invalid` for a path that would need quotes
 */
export function credentialProcessLine(
  node: string,
  script: string,
  profile: string,
  platform: NodeJS.Platform = process.platform,
): string {
  for (const path of [node, script]) checkPath(path, platform);
  return `${node} ${script} credential-process ${profileArgument(profile)}`;
}

/** Whether a line is one that zsp writes for a profile, with whichever node and script. */
export function isProcessLineOf(line: string, profile: string): boolean {
  const [node, script, ...rest] = line.split(' ');
  return Boolean(node && script) && rest.join(' ') === `credential-process ${profileArgument(profile)}`;
}

function profileArgument(profile: string): string {
  if (plain.test(profile) && !profile.startsWith('-')) return `--profile ${profile}`;
  return `--profile-hex ${Buffer.from(profile, 'utf8').toString('hex')}`;
}

function checkPath(path: string, platform: NodeJS.Platform): void {
  const isWindows = platform === 'win32';
  const absolute = isWindows ? /^[A-Za-z]:[\\/]/.test(path) : path.startsWith('/');
  if (absolute && (isWindows ? plainWindowsPath : plain).test(path)) return;
  const shown = JSON.stringify(path.slice(0, 120));
  throw new ZspError('config_invalid', `AWS clients disagree on how to quote the path ${shown} in credential_process`, {
    remedy: isWindows
      ? 'use its 8.3 form (dir /x), or install zsp and Node where the path has no space'
      : 'install zsp and Node where the path has only letters, digits and _.@+=/:-',
  });
}

/**
 * The profile that `--profile-hex` names: the UTF-8 bytes of its name, two digits a byte.
 * @throws ZspError `usage`
 */
export function decodeProfileHex(hex: string): string {
  try {
    if (!/^(?:[0-9a-fA-F]{2})+$/.test(hex)) throw new TypeError('not hexadecimal');
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(hex, 'hex'));
  } catch (cause) {
    throw new ZspError('usage', '--profile-hex is not the hexadecimal of a UTF-8 profile name', {
      remedy: 'copy the line from zsp configure, or use --profile',
      cause,
    });
  }
}
