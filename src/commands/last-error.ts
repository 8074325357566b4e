import type { Notes } from '../notes/notes';
import type { Conversation } from '../terminal/conversation';
import { printable } from '../terminal/sanitize';
import { until } from '../terminal/time';

export interface LastErrorParts {
  readonly talk: Conversation;
  readonly notes: Pick<Notes, 'lastErrors'>;
  now(): number;
}

/** @param profile whose; `true`: the last of all */
export function showLastError({ talk, notes, now }: LastErrorParts, profile: string | true, json: boolean): void {
  const found = notes.lastErrors().find((error) => profile === true || error.profile === profile);
  if (json) {
    talk.answer(`${JSON.stringify(found ?? null)}\n`);
    return;
  }
  if (!found) {
    const whose = profile === true ? '' : ` of ${printable(profile, 60)}`;
    talk.answer(`No credential-process${whose} has failed.\n`);
    return;
  }
  const { bold, red } = talk.answerStyle;
  talk.answer(`${bold(printable(found.profile, 60))} failed at ${until(Date.parse(found.time), now())}\n`);
  talk.answer(`${red('zsp:')} ${printable(found.message)}\n`);
  if (found.remedy) talk.answer(`${red('zsp:')} hint: ${printable(found.remedy)}\n`);
}
