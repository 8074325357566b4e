import { join } from 'node:path';
import type { Home } from '../support/zsp';
import { launcher } from '../support/zsp';

/**
 * With `node --require`: the process kills itself in place of its KILL_AT-th step that others could see or that must last, the
 * last of which is its end. A temporary file counts when it gets its name: until then nobody looks at it.
 */
const killer = `
const fs = require('node:fs');
let left = Number(process.env.KILL_AT);
const step = () => {
  if (--left === 0) process.kill(process.pid, 'SIGKILL');
};
const isTemporary = (path) => String(path).endsWith('.tmp');
const temporaries = new Set();
const open = fs.openSync;
fs.openSync = (path, ...given) => {
  const fd = open(path, ...given);
  isTemporary(path) ? temporaries.add(fd) : temporaries.delete(fd);
  return fd;
};
const watch = (owner, name, counts = () => true) => {
  const real = owner[name];
  owner[name] = function (...given) {
    if (counts(given[0])) step();
    return real.apply(this, given);
  };
};
for (const name of ['linkSync', 'renameSync', 'truncateSync', 'unlinkSync', 'utimesSync']) watch(fs, name);
watch(fs, 'fsyncSync', (fd) => !temporaries.has(fd));
watch(fs, 'rmSync', (path) => !isTemporary(path));
const { prototype } = require(process.env.NATIVE_ENTRY).loadBinding().Entry;
for (const name of ['deletePassword', 'setPassword']) watch(prototype, name);
const changes = ['CreateItem', 'Delete', 'SetSecret'].map((name) => '\\0\\0\\0' + name + '\\0');
watch(require('node:net').Socket.prototype, 'write', (bytes) => {
  return Buffer.isBuffer(bytes) && changes.some((member) => bytes.includes(member));
});
process.on('exit', step);`;

/** @returns the environment of a zsp that kills itself in place of its nth step */
export function writeKiller(home: Home): (step: number) => Readonly<Record<string, string>> {
  const path = home.write('killer.cjs', killer);
  const binding = join(launcher, '../../dist/keychain/native-entry.js');
  return (step) => ({ NODE_OPTIONS: `--require ${path}`, NATIVE_ENTRY: binding, KILL_AT: String(step) });
}
