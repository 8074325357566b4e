import type { Lock } from '../broker/ports';
import { ensurePrivateDirectory } from '../places';
import { replaceFile } from '../private-file';
import { type LastError, lastErrorsFile, readLastErrors, withError } from './last-errors';
import { type OpenWindow, openWindowsFile, readOpenWindows } from './open-windows';

/** What zsp remembers for display only. Nobody is refused anything because a note could not be written. */
export interface Notes {
  windowOpened(window: OpenWindow): Promise<void>;
  windowsEnded(which: (window: OpenWindow) => boolean): Promise<void>;
  openWindows(): readonly OpenWindow[];
  failed(error: LastError): Promise<void>;
  lastErrors(): readonly LastError[];
}

/** @param state the directory of `places(env).state` */
export function createNotes(state: string, lock: Lock, now: () => number): Notes {
  const change = async (path: string, notes: () => readonly unknown[]) => {
    try {
      await lock('notes', async () => {
        ensurePrivateDirectory(state);
        replaceFile(path, `${JSON.stringify({ v: 1, notes: notes() })}\n`);
      });
    } catch {
      // A full disk or a read-only home: the verb itself says so where it matters.
    }
  };
  const stillOpen = () => readOpenWindows(state).filter(({ endsAt }) => endsAt > now());
  return {
    windowOpened: (window) => change(openWindowsFile(state), () => [...stillOpen(), window]),
    windowsEnded: (which) => change(openWindowsFile(state), () => stillOpen().filter((window) => !which(window))),
    openWindows: () => readOpenWindows(state),
    failed: (error) => change(lastErrorsFile(state), () => withError(readLastErrors(state), error)),
    lastErrors: () => readLastErrors(state),
  };
}
