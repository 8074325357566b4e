import { statSync } from 'node:fs';
import { join } from 'node:path';
import { ZspError } from '../errors';
import type { Env } from '../places';

/**
 * The socket of the D-Bus session bus that the Secret Service is on; an abstract one starts with a NUL. Undefined where there is
 * no bus to be seen.
 * @throws ZspError `keychain_unavailable` for a bus that is not a Unix socket, or that is another user's: zsp would hand its
 *   secrets to them, and the environment may be anybody's
 */
export function sessionBus(env: Env): string | undefined {
  const address = env.DBUS_SESSION_BUS_ADDRESS;
  if (!address) return env.XDG_RUNTIME_DIR ? own(join(env.XDG_RUNTIME_DIR, 'bus')) : undefined;
  // Several addresses are tried in turn, and each may be one that nobody should be at: the D-Bus specification, Server Addresses.
  const sockets = address.split(';').flatMap((one) => (one === '' ? [] : socketsOf(one, env)));
  return sockets.find((socket) => socket !== undefined);
}

/** Of one address, what is there. An abstract socket has no owner that one could ask for. */
function socketsOf(address: string, env: Env): readonly (string | undefined)[] {
  if (!address.startsWith('unix:') || address.includes('%00')) {
    throw new ZspError(
      'keychain_unavailable',
      'DBUS_SESSION_BUS_ADDRESS is not a Unix socket, and zsp tells secrets to no other bus',
      { remedy: "unset it, or name the socket of your session's bus: unix:path=…" },
    );
  }
  return address
    .slice('unix:'.length)
    .split(',')
    .map((pair) => {
      if (pair.startsWith('path=')) return own(unescaped(pair.slice('path='.length)));
      if (pair.startsWith('abstract=')) return `\0${unescaped(pair.slice('abstract='.length))}`;
      return pair === 'runtime=yes' && env.XDG_RUNTIME_DIR ? own(join(env.XDG_RUNTIME_DIR, 'bus')) : undefined;
    });
}

/** @throws ZspError where the socket is neither this user's nor root's */
function own(path: string): string | undefined {
  const owner = ownerOf(path);
  if (owner === undefined) return undefined;
  if (owner === 0 || owner === process.geteuid?.()) return path;
  throw new ZspError('keychain_unavailable', 'the session bus belongs to another user, who would get your secrets', {
    remedy: "name the socket of your own session's bus in DBUS_SESSION_BUS_ADDRESS, or unset it",
  });
}

/** Undefined where nothing is, or where we may not look. */
function ownerOf(path: string): number | undefined {
  try {
    return statSync(path).uid;
  } catch {
    return undefined;
  }
}

/** In an address any byte may stand as `%20`. */
function unescaped(value: string): string {
  const byte = (written: string) => String.fromCharCode(Number.parseInt(written.slice(1), 16));
  const bytes = Buffer.from(value)
    .toString('latin1')
    .replace(/%[0-9a-fA-F]{2}/g, byte);
  return Buffer.from(bytes, 'latin1').toString();
}
