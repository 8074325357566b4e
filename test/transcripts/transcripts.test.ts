import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { exitStatus } from '../../src/errors';
import { needs } from '../support/needs';
import { play } from './stage';
import { formatTranscript, parseTranscript } from './transcript';

const files = readdirSync(__dirname)
  .filter((name) => name.endsWith('.txt'))
  .map((name) => join(__dirname, name));

const terminal = needs('linux', 'script');
const aws = needs('aws');
const stories = files.map((file) => ({ name: basename(file, '.txt'), file, text: readFileSync(file, 'utf8') }));

describe('what a user sees', () => {
  test.for(stories)('$name', { timeout: 120_000 }, async ({ file, text }, { skip }) => {
    if (terminal.skip && /^% terminal /m.test(text)) skip(`a terminal${terminal.why}`);
    if (aws.skip && /^[$] zsp demo$/m.test(text)) skip(`the demo${aws.why}`);
    const seen = formatTranscript(await play(parseTranscript(text)));
    // For review with git diff, as ZSP_TRANSCRIPTS_UPDATE=1 npx vitest run test/transcripts
    if (process.env.ZSP_TRANSCRIPTS_UPDATE) writeFileSync(file, seen);
    else expect(seen).toBe(text);
  });

  // An internal error would be a bug; Ctrl-C is typed in test/contract/interruption.test.ts.
  const codes = Object.entries(exitStatus).filter(([code]) => code !== 'internal' && code !== 'interrupted');
  test.each(codes)('when it is %s (%i) is in a transcript', (_, status) => {
    expect(stories.filter(({ text }) => new RegExp(`^[?] ${status}$`, 'm').test(text))).not.toEqual([]);
  });

  test.each([
    'login',
    'logout',
    'status',
    'whoami',
    'credential-process',
    'assume',
    'drop',
    'exec',
    'history',
    'list',
    'console',
    'keys',
    'completion',
    'demo',
    'configure',
    'doctor',
  ])('of zsp %s is in a transcript', (verb) => {
    expect(stories.filter(({ text }) => new RegExp(`^[$].* zsp ${verb}\\b`, 'm').test(text))).not.toEqual([]);
  });
});
