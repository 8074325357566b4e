// Puts what is loaded together into one file: `node bin/bundle.mjs DIST`. To look for many small modules takes longer than to
// run them (docs/adr/0007): a hit's are two fifths of its own time, and zod with all its languages half of a miss's.
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
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
await bundle({
  input: join(root, 'src', 'miss.ts'),
  external: (id) => outside.test(id),
  plugins: [apart('errors', 'secret', 'terminal/prompt')],
  file: join(directory, 'miss.js'),
  banner: licenceOf('zod') + licenceOf('aws4'),
});

/** What a hit loads always; what it loads only sometimes, and everything else, stays apart. */
await bundle({
  input: join(root, 'src', 'entry.ts'),
  external: (id) => outside.test(id),
  plugins: [apart('main', 'miss', 'hot/renewal', 'keychain/read-sealed-item', 'lock/turn', 'commands/complete')],
  file: join(directory, 'entry.js'),
});

/** What it loads only where a keychain is sealed, and only in a crowd. */
for (const late of ['keychain/read-sealed-item', 'lock/turn']) {
  const input = join(root, 'src', `${late}.ts`);
  await bundle({ input, external: (id) => outside.test(id), file: join(directory, `${late}.js`) });
}

/** Modules of ours, by their places, that stay files of their own beside the one that is made. */
function apart(...places) {
  return {
    name: 'apart',
    resolveId(id, importer) {
      const path = importer && id.startsWith('.') && relative(join(root, 'src'), join(dirname(importer), id));
      return places.includes(path) ? { id: `./${path}`, external: true } : null;
    },
  };
}

async function bundle({ file, banner = '', ...options }) {
  const made = await rolldown({ ...options, platform: 'node' });
  // Comments are read in src; to skip them takes time at every start.
  await made.write({ file, banner, format: 'cjs', comments: { legal: true, annotation: false, jsdoc: false } });
  await made.close();
}
