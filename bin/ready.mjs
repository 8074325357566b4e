// Makes a checkout ready to run, without a dependency of its own: installs what package-lock.json says and compiles src to
// dist, each only where it is not so already. Safe when two run at once. stdout stays empty; progress goes to stderr.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const dist = join(root, 'dist');
const staged = join(dist, '.next');
const stamp = join(dist, '.stamp');
const lock = join(dist, '.lock');
const patience = 10 * 60_000;

mkdirSync(dist, { recursive: true });
if (!isInstalled() || !isBuilt()) alone(makeReady);

function makeReady() {
  if (!isInstalled()) {
    say('installing the packages that package-lock.json names …');
    npm('ci', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error');
  }
  if (!isBuilt()) build();
}

/** True where node_modules holds every package of the lock file at its version; those for other platforms may be absent. */
function isInstalled() {
  const installed = packagesIn(join(root, 'node_modules', '.package-lock.json'));
  if (installed === undefined) return false;
  return Object.entries(packagesIn(join(root, 'package-lock.json'))).every(
    ([path, wanted]) => path === '' || wanted.optional || installed[path]?.version === wanted.version,
  );
}

function packagesIn(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).packages : undefined;
}

function isBuilt() {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint();
}

/** One hash over the sources and the compiler's settings, so that a file that was changed, moved or deleted is noticed. */
function fingerprint() {
  const hash = createHash('sha256');
  const sources = filesUnder(join(root, 'src')).map((name) => join('src', name));
  for (const name of ['package-lock.json', 'tsconfig.json', 'bin/bundle.mjs', ...sources]) {
    hash
      .update(`${name}\0`)
      .update(readFileSync(join(root, name)))
      .update('\0');
  }
  return hash.digest('hex');
}

/** Compiles beside dist and moves file by file, so that a zsp that is running meanwhile never reads half a file. */
function build() {
  say('compiling …');
  const made = fingerprint();
  rmSync(staged, { recursive: true, force: true });
  run(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', 'src', '--outDir', staged]);
  run(process.execPath, [join(root, 'bin', 'bundle.mjs'), staged]);
  const outputs = filesUnder(staged);
  for (const name of outputs) {
    mkdirSync(dirname(join(dist, name)), { recursive: true });
    renameSync(join(staged, name), join(dist, name));
  }
  rmSync(staged, { recursive: true, force: true });
  const kept = new Set([...outputs, '.lock']);
  for (const name of filesUnder(dist)) if (!kept.has(name)) rmSync(join(dist, name));
  run(process.execPath, [join(root, 'bin', 'man.mjs'), dist]);
  writeFileSync(stamp, made);
}

/** Runs `work` while no other process does. A lock whose holder is gone, or older than any install takes, is broken. */
function alone(work) {
  for (let told = false; !tryLock(); told = true) {
    if (!told) say('waiting for another set-up of this checkout …');
    if (isAbandoned()) rmSync(lock, { force: true });
    else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  }
  process.on('exit', () => rmSync(lock, { force: true }));
  work();
}

function tryLock() {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

function isAbandoned() {
  try {
    if (Date.now() - statSync(lock).mtimeMs > patience) return true;
    const holder = Number(readFileSync(lock, 'utf8'));
    if (holder > 0) process.kill(holder, 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

function filesUnder(directory) {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort();
}

/** npm tells its scripts where it is; started by hand, the one on the PATH is taken. */
function npm(...args) {
  const itself = process.env.npm_execpath;
  const stdio = ['ignore', 'ignore', 2];
  if (itself?.endsWith('.js')) run(process.execPath, [itself, ...args], { stdio });
  else run('npm', args, { stdio, shell: process.platform === 'win32' });
}

function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2], ...options });
  if (error) say(error.message);
  if (status !== 0) process.exit(status ?? 1);
}

function say(text) {
  process.stderr.write(`zsp: ${text}\n`);
}
