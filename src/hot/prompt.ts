import { writeSync } from 'node:fs';
import { promptWord, readOpenWindows } from '../notes/open-windows';
import { places } from '../places';

/** Answers `zsp status --prompt`: a shell asks before every command, so it reads one small file and nothing else. */
export function answerPrompt(env: NodeJS.ProcessEnv): void {
  try {
    const shown = promptWord(readOpenWindows(places(env).state), env.ZSP_WINDOW, Date.now());
    if (shown !== '') writeSync(1, `${shown}\n`);
  } catch {
    // A prompt is no place for an error.
  }
}
