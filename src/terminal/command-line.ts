import { ZspError } from '../errors';

/**
 * Splits a command at blanks, for spawn without a shell. Single and double quotes keep blanks together; nothing else is
 * special, so that a Windows path keeps its backslashes.
 * @throws ZspError `config_invalid` where a quote is not closed
 */
export function splitCommand(text: string): readonly string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (const character of text) {
    if (quote !== '') {
      if (character === quote) quote = '';
      else word += character;
    } else if (character === '"' || character === "'") {
      quote = character;
      word ??= '';
    } else if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = (word ?? '') + character;
    }
  }
  if (quote !== '') {
    throw new ZspError('config_invalid', `a quote (${quote}) is not closed in a command`, {
      remedy: 'close the quote',
    });
  }
  return word === undefined ? words : [...words, word];
}
