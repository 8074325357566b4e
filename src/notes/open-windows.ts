import { join } from 'node:path';
import { readNotes } from './note-file';

/** An elevation window as a shell prompt shows it. The window itself is in the keychain. */
export interface OpenWindow {
  readonly id: string;
  readonly profile: string;
  /** Epoch milliseconds. */
  readonly endsAt: number;
  /** Open in every shell; otherwise only in those that carry its id in ZSP_WINDOW. */
  readonly everywhere: boolean;
  /** The sign-in it ends with, at the latest. */
  readonly ssoSession: string;
}

/** @param state the directory of `places(env).state` */
export function openWindowsFile(state: string): string {
  return join(state, 'prompt.json');
}

export function readOpenWindows(state: string): readonly OpenWindow[] {
  return readNotes(openWindowsFile(state)).filter(isOpenWindow);
}

function isOpenWindow(value: unknown): value is OpenWindow {
  const { id, profile, ssoSession, endsAt, everywhere } = (value ?? {}) as Partial<Record<keyof OpenWindow, unknown>>;
  const texts = [id, profile, ssoSession];
  return texts.every((text) => typeof text === 'string') && Number.isFinite(endsAt) && typeof everywhere === 'boolean';
}

/**
 * One word for a shell prompt: `deploy:42m` for what is elevated here, the window of this shell before those of all, the one that
 * ends first, `+1` for each other; `deploy:ended` in a shell that outlived its window; nothing where there is no elevation.
 */
export function promptWord(windows: readonly OpenWindow[], shell: string | undefined, now: number): string {
  const [, id, profile] = /^([0-9a-f]{16}):(.*)$/s.exec(shell ?? '') ?? [];
  const open = windows
    .filter((window) => window.endsAt > now && (window.everywhere || window.id === id))
    .sort((a, b) => Number(b.id === id) - Number(a.id === id) || a.endsAt - b.endsAt);
  const [first] = open;
  if (profile !== undefined && first?.id !== id) return `${word(profile)}:ended`;
  if (!first) return '';
  return `${word(first.profile)}:${timeLeft(first.endsAt - now)}${open.length > 1 ? `+${open.length - 1}` : ''}`;
}

/** Shells read `%`, `\`, `$` and blanks in a prompt their own way: a name keeps letters, digits and a few signs. */
function word(profile: string): string {
  return [...profile]
    .slice(0, 24)
    .map((character) => (/[\p{L}\p{N}_.@/+-]/u.test(character) ? character : '?'))
    .join('');
}

/** Rounded up, as `zsp status` does: what was opened for an hour has 60 minutes. */
function timeLeft(milliseconds: number): string {
  const seconds = Math.ceil(milliseconds / 1000);
  return seconds < 60 ? `${seconds}s` : `${Math.ceil(seconds / 60)}m`;
}
