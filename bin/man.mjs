// Writes the man page, from the help of the verbs that were just built.
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const dist = process.argv[2] ?? 'dist';
const { manualPage } = createRequire(import.meta.url)(join(dist, 'main.js'));
writeFileSync(join(dist, 'zsp.1'), await manualPage());
