import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { ZspError } from '../errors';
import { splitCommand } from './command-line';
import { webUrl } from './web-url';

export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  /** The user's own command (`zsp_browser`), with `{url}` in it: taken wherever we are. */
  readonly command?: string | undefined;
  /** Whether a path exists; handed in by tests. */
  readonly exists?: (path: string) => boolean;
}

/** A browser that ends this soon with an error did not open anything; one still running did. */
const patience = 1_500;

/**
 * Opens a URL in the user's browser, without a shell.
 * @returns false where there is no browser in front of the user (SSH, no display, WSL, a container), or it would not start
 * @throws ZspError `config_invalid` for a command without `{url}`, `internal` for a URL no browser may be sent to
 */
export async function openBrowser(url: string, surroundings: Surroundings): Promise<boolean> {
  const [program, ...args] = browserCommand(url, surroundings) ?? [];
  return program !== undefined && starts(program, args, surroundings);
}

/** The program and its arguments that open `url` here; undefined where no browser is in front of the user. */
export function browserCommand(url: string, surroundings: Surroundings): readonly string[] | undefined {
  const target = webUrl(url);
  if (target === undefined) throw new ZspError('internal', 'a browser is only sent to https, or to http on loopback');
  if (surroundings.command !== undefined) return ownCommand(surroundings.command, target);
  if (isRemote(surroundings)) return undefined;
  if (surroundings.platform === 'darwin') return ['/usr/bin/open', target];
  if (surroundings.platform === 'win32') return ['rundll32.exe', 'url.dll,FileProtocolHandler', target];
  return ['xdg-open', target];
}

function ownCommand(command: string, target: string): readonly string[] {
  if (!command.includes('{url}')) {
    throw new ZspError('config_invalid', 'zsp_browser has no {url} in it', {
      remedy: 'write it like: zsp_browser = firefox --private-window {url}',
    });
  }
  return splitCommand(command).map((word) => word.replaceAll('{url}', target));
}

/** True where a browser, if one started at all, would not be on the screen the user looks at, or not reach a port of ours. */
export function isRemote({ env, platform, exists = existsSync }: Surroundings): boolean {
  if (env.SSH_CONNECTION || env.SSH_TTY || env.SSH_CLIENT) return true;
  if (platform === 'darwin' || platform === 'win32') return false;
  if (env.WSL_DISTRO_NAME || env.WSL_INTEROP) return true;
  if (!env.DISPLAY && !env.WAYLAND_DISPLAY) return true;
  return Boolean(env.container) || exists('/.dockerenv') || exists('/run/.containerenv');
}

function starts(program: string, args: readonly string[], { env }: Surroundings): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: 'ignore', detached: true, env: withoutOurs(env), windowsHide: true });
    const timer = setTimeout(() => done(true), patience);
    const done = (opened: boolean) => {
      clearTimeout(timer);
      child.unref();
      resolve(opened);
    };
    child.on('error', () => done(false));
    child.on('exit', (status) => done(status === 0));
  });
}

/** A browser has no use for credentials or a passphrase. */
function withoutOurs(env: Surroundings['env']): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(AWS|ZSP)_/.test(name)));
}
