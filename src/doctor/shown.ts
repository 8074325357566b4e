import { printable } from '../profile/config-error';

/** A profile's name as it is typed in a shell. */
export function shown(name: string): string {
  const text = printable(name);
  return /^[\w@+.:/=][\w@+.:/=-]*$/.test(text) ? text : JSON.stringify(text);
}
