// Puts what is loaded together into one file: `node bin/bundle.mjs DIST`. To look for many small modules takes longer than to
// run them (docs/adr/0007): a hit's are two fifths of its own time, and zod with all its languages half of a miss's.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const [directory] = process.argv.slice(2);
const root = join(dirname(fileURLToPath(import.meta.url)), '..');

const licenceOf = (name) =>
  `/*! ${name}: ${readFileSync(join(root, 'node_modules', name, 'LICENSE'), 'utf8').trim()} */\n`;
const outside = /^(?:node:|@napi-rs\/|@aws-sdk\/|fs-native-extensions|get-east-asian-width)/;

/** The checks of a profile, with as much of zod as they use. */
await bundle({
  input: join(root, 'src', 'profile', 'schema.ts'),
  external: (id) => /^\.\.?\/(?:duration|endpoints|profile)$/.test(id),
  file: join(directory, 'profile', 'schema.js'),
  banner: licenceOf('zod'),
});

/** What a miss loads always. The errors and the secrets of other files are of the same classes, so those stay files. */
const shared = { '/errors': './errors', '/secret': './secret', '/prompt': './terminal/prompt' };
await bundle({
  input: join(root, 'src', 'miss.ts'),
  external: (id) => outside.test(id),
  plugins: [
    {
      name: 'shared',
      resolveId(id) {
        const file = shared[id.slice(id.lastIndexOf('/'))];
        return id.startsWith('.') && file ? { id: file, external: true } : null;
      },
    },
  ],
  file: join(directory, 'miss.js'),
  banner: licenceOf('zod') + licenceOf('aws4'),
});

/** What a hit loads always; what it loads only sometimes, and everything else, stays a file of its own. */
const late = /[/](?:main|miss|renewal|read-sealed-item|turn|complete|prompt)(?:\.js)?$/;
await bundle({
  input: join(directory, 'entry.js'),
  external: (id) => late.test(id) || outside.test(id),
  file: join(directory, 'entry.js'),
});

async function bundle({ file, banner = '', ...options }) {
  const made = await rolldown({ ...options, platform: 'node' });
  await made.write({ file, banner, format: 'cjs' });
  await made.close();
}
