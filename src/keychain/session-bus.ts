import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ZspError } from '../errors';
import type { Env } from '../places';

/**
 * Whether there is a D-Bus session bus to find the Secret Service on. Without one the binding must not be called: libdbus
 * would try to launch a daemon for every call.
 * @throws ZspError `keychain_unavailable` for a bus that is not a Unix socket: libdbus would as well hand secrets to a host on
 *   the network (`tcp:`) or run a program (`unixexec:`), and the environment may be anybody's
 */
export function hasSessionBus(env: Env): boolean {
  const address = env.DBUS_SESSION_BUS_ADDRESS;
  if (!address) return env.XDG_RUNTIME_DIR !== undefined && existsSync(join(env.XDG_RUNTIME_DIR, 'bus'));
  // Several addresses are tried in turn: the D-Bus specification, Server Addresses.
  if (address.split(';').every((one) => one === '' || one.startsWith('unix:'))) return true;
  throw new ZspError(
    'keychain_unavailable',
    'DBUS_SESSION_BUS_ADDRESS is not a Unix socket, and zsp tells secrets to no other bus',
    {
      remedy: "unset it, or name the socket of your session's bus: unix:path=…",
    },
  );
}
