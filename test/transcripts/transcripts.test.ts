import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { play } from './stage';
import { formatTranscript, parseTranscript } from './transcript';

const files = readdirSync(__dirname)
  .filter((name) => name.endsWith('.txt'))
  .map((name) => join(__dirname, name));

describe('what a user sees', () => {
  test.each(files.map((file) => [basename(file, '.txt'), file]))(
    '%s',
    async (_, file) => {
      const text = readFileSync(file, 'utf8');
      const seen = formatTranscript(await play(parseTranscript(text)));
      // For review with git diff, as ZSP_TRANSCRIPTS_UPDATE=1 npx vitest run test/transcripts
      if (process.env.ZSP_TRANSCRIPTS_UPDATE) writeFileSync(file, seen);
      else expect(seen).toBe(text);
    },
    120_000,
  );
});
