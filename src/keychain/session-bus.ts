import { statSync } from 'node:fs';
import { join } from 'node:path';
import { ZspError } from '../errors';
import type { Env } from '../places';

/**
 * Whether there is a D-Bus session bus to find the Secret Service on. Without one the binding must not be called: libdbus
 * would try to launch a daemon for every call.
 * @throws ZspError `keychain_unavailable` for a bus that is not a Unix socket, or that is another user's: libdbus would as well
 *   hand secrets to a host on the network (`tcp:`) or run a program (`unixexec:`), and the environment may be anybody's
 */
export function hasSessionBus(env: Env): boolean {
  const address = env.DBUS_SESSION_BUS_ADDRESS;
  if (!address) return env.XDG_RUNTIME_DIR !== undefined && isThere(join(env.XDG_RUNTIME_DIR, 'bus'));
  // Several addresses are tried in turn: the D-Bus specification, Server Addresses.
  for (const one of address.split(';')) if (one !== '') checkAddress(one, env);
  return true;
}

/** An abstract socket (`unix:abstract=`) has no owner that one could ask for. At `%00` libdbus ends a path, and we do not. */
function checkAddress(address: string, env: Env): void {
  if (!address.startsWith('unix:') || address.includes('%00')) {
    throw new ZspError(
      'keychain_unavailable',
      'DBUS_SESSION_BUS_ADDRESS is not a Unix socket, and zsp tells secrets to no other bus',
      { remedy: "unset it, or name the socket of your session's bus: unix:path=…" },
    );
  }
  for (const pair of address.slice('unix:'.length).split(',')) {
    if (pair.startsWith('path=')) isThere(unescaped(pair.slice('path='.length)));
    if (pair === 'runtime=yes' && env.XDG_RUNTIME_DIR) isThere(join(env.XDG_RUNTIME_DIR, 'bus'));
  }
}

/** @throws ZspError where the socket is neither this user's nor root's */
function isThere(path: string | Buffer): boolean {
  const owner = ownerOf(path);
  if (owner === undefined) return false;
  if (owner === 0 || owner === process.geteuid?.()) return true;
  throw new ZspError('keychain_unavailable', 'the session bus belongs to another user, who would get your secrets', {
    remedy: "name the socket of your own session's bus in DBUS_SESSION_BUS_ADDRESS, or unset it",
  });
}

/** Undefined where nothing is, or where libdbus could not look either. */
function ownerOf(path: string | Buffer): number | undefined {
  try {
    return statSync(path).uid;
  } catch {
    return undefined;
  }
}

/** In an address any byte may stand as `%20`. */
function unescaped(value: string): Buffer {
  const byte = (written: string) => String.fromCharCode(Number.parseInt(written.slice(1), 16));
  return Buffer.from(
    Buffer.from(value)
      .toString('latin1')
      .replace(/%[0-9a-fA-F]{2}/g, byte),
    'latin1',
  );
}
