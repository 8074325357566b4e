// Puts all that a hit loads into one file: `node bin/bundle.mjs DIST`. Of a hit's time, looking for a dozen small modules was a
// fifth (docs/performance.md). What a hit loads only sometimes, and everything else, stays a file of its own.
import { join } from 'node:path';
import { rolldown } from 'rolldown';

const [directory] = process.argv.slice(2);
const late = /[/](?:main|renewal|read-sealed-item)(?:\.js)?$/;

const bundle = await rolldown({
  input: join(directory, 'entry.js'),
  platform: 'node',
  external: (id) => late.test(id) || /^(?:node:|@napi-rs\/)/.test(id),
});
await bundle.write({ file: join(directory, 'entry.js'), format: 'cjs' });
await bundle.close();
