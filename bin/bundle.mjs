// Puts what is loaded together into one file: `node bin/bundle.mjs DIST`. To look for many small modules takes longer than to
// run them (docs/adr/0007): a hit's are two fifths of its own time, and zod with all its languages half of a miss's.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const [directory] = process.argv.slice(2);
const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** What a hit loads always; what it loads only sometimes, and everything else, stays a file of its own. */
const late = /[/](?:main|renewal|read-sealed-item|turn|complete|prompt)(?:\.js)?$/;
await bundle({
  input: join(directory, 'entry.js'),
  external: (id) => late.test(id) || /^(?:node:|@napi-rs\/)/.test(id),
  file: join(directory, 'entry.js'),
});

/** The checks of a profile, with as much of zod as they use; its licence comes along. */
await bundle({
  input: join(root, 'src', 'profile', 'schema.ts'),
  external: (id) => /^\.\.?\/(?:duration|endpoints|profile)$/.test(id),
  file: join(directory, 'profile', 'schema.js'),
  banner: `/*! zod: ${readFileSync(join(root, 'node_modules', 'zod', 'LICENSE'), 'utf8')} */`,
});

async function bundle({ input, external, file, banner = '' }) {
  const made = await rolldown({ input, external, platform: 'node' });
  await made.write({ file, banner, format: 'cjs' });
  await made.close();
}
