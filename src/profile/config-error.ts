import { ZspError } from '../errors';

/** Where in the config file something is wrong. */
export interface Place {
  readonly file: string;
  readonly line?: number | undefined;
  readonly key?: string | undefined;
}

/** `<file>:<line>: <key>: <problem>`, in one line that no terminal can be fooled with. */
export function configError(place: Place, problem: string, remedy: string, cause?: unknown): ZspError {
  const where = place.line === undefined ? place.file : `${place.file}:${place.line}`;
  const message = [where, place.key, problem].filter((part) => part !== undefined).join(': ');
  return new ZspError('config_invalid', printable(message), {
    remedy: printable(remedy),
    ...(cause === undefined ? {} : { cause }),
  });
}

/** A value as a message shows it: quoted, short, without a URL's user and password. */
export function quoted(text: string): string {
  const shown = printable(text.replace(/^(\w+:[/\\]*).*@/s, '$1…@'));
  const letters = [...shown];
  return JSON.stringify(letters.length > 60 ? `${letters.slice(0, 60).join('')}…` : shown);
}

/** Text from outside without control characters, line separators and those that reorder or hide text (Unicode's bidi and format classes). */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, '');
}
