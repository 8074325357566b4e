import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Env } from '../places';

/**
 * Whether there is a D-Bus session bus to find the Secret Service on. Without one the binding must not be called: libdbus
 * would try to launch a daemon for every call.
 */
export function hasSessionBus(env: Env): boolean {
  if (env.DBUS_SESSION_BUS_ADDRESS) return true;
  return env.XDG_RUNTIME_DIR !== undefined && existsSync(join(env.XDG_RUNTIME_DIR, 'bus'));
}
