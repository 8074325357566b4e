import type { Readable, Writable } from 'node:stream';
import { ZspError } from '../errors';
import { printable } from './sanitize';

export interface Choice {
  readonly value: string;
  /** Text from outside is made printable here. */
  readonly label: string;
}

/** The questions of a wizard. All throw ZspError `interrupted` on Ctrl-C or Esc, with the terminal as it was. */
export interface Questions {
  /** @param check says what is wrong with an answer, or undefined */
  text(question: string, suggestion: string, check: (answer: string) => string | undefined): Promise<string>;
  one(question: string, choices: readonly Choice[]): Promise<string>;
  /** At least one; what is typed narrows the list. */
  several(question: string, choices: readonly Choice[]): Promise<readonly string[]>;
}

/** How many choices are shown at once. */
const maxItems = 10;

export function clackQuestions(streams: { readonly input: Readable; readonly output: Writable }): Questions {
  const clack = () => import('@clack/prompts');
  const shown = (choices: readonly Choice[]) =>
    choices.map(({ value, label }) => ({ value, label: printable(label, 60) }));
  return {
    async text(question, suggestion, check) {
      const { text } = await clack();
      const validate = (answer: string | undefined) => check(answer ?? '');
      return answered(await text({ ...streams, message: question, initialValue: suggestion, validate }));
    },
    async one(question, choices) {
      const { select } = await clack();
      return answered(await select({ ...streams, message: question, options: shown(choices), maxItems }));
    },
    async several(question, choices) {
      const { autocompleteMultiselect } = await clack();
      const options = shown(choices);
      return answered(
        await autocompleteMultiselect({ ...streams, message: question, options, maxItems, required: true }),
      );
    },
  };
}

function answered<Answer>(answer: Answer): Exclude<Answer, symbol> {
  if (typeof answer === 'symbol') throw new ZspError('interrupted', 'interrupted');
  return answer as Exclude<Answer, symbol>;
}
