import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { shellWord } from '../../src/commands/options';
import { needs } from '../support/needs';

const posix = needs('posix');

test
  .skipIf(posix.skip)
  .each([
    'corp',
    'my corp',
    '',
    "https://corp.awsapps.com/start'; echo run; '",
    '$(echo run)',
    '`echo run`',
    '"$HOME"',
    '~/x\\',
    '{account}/{role}',
  ])(`a shell takes %j as one word, and runs nothing in it${posix.why}`, (word) => {
  const command = `printf %s ${shellWord(word)}`;
  expect(execFileSync('sh', ['-c', command], { encoding: 'utf8' })).toBe(word);
});
