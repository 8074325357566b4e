import { chownSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { sessionBus } from '../../src/keychain/session-bus';
import { needs } from '../support/needs';
import { newHome } from '../support/zsp';

const home = newHome();
afterAll(() => home.cleanup());
home.write('mine/bus', '');
home.write('theirs/bus', '');
const mine = join(home.path, 'mine');
const theirs = join(home.path, 'theirs');
const at = (address: string, runtime?: string) => () =>
  sessionBus({ DBUS_SESSION_BUS_ADDRESS: address, XDG_RUNTIME_DIR: runtime });

const posix = needs('posix');
const root = needs('posix', 'root');

describe.skipIf(posix.skip)(`the session bus${posix.why}`, () => {
  test.each([
    ['where the user has it', `unix:path=${mine}/bus,guid=0123`, `${mine}/bus`],
    ['with its bytes escaped', `unix:path=${mine}/%62us`, `${mine}/bus`],
    ['where there is none at the first address', `unix:path=/nowhere;unix:path=${mine}/bus`, `${mine}/bus`],
    ['of which nobody can say whose it is', 'unix:abstract=/tmp/dbus-%78', '\0/tmp/dbus-x'],
  ])('is taken %s', (_, address, socket) => {
    expect(at(address)()).toBe(socket);
  });

  test('is none where nothing is', () => {
    expect(at('unix:path=/nowhere')()).toBeUndefined();
    expect(at('unix:tmpdir=/tmp')()).toBeUndefined();
    expect(at(';')()).toBeUndefined();
  });

  test('is looked for in the runtime directory where no address is given', () => {
    expect(at('', mine)()).toBe(join(mine, 'bus'));
    expect(at('unix:runtime=yes', mine)()).toBe(join(mine, 'bus'));
    expect(at('', home.path)()).toBeUndefined();
    expect(sessionBus({})).toBeUndefined();
  });

  test('is not looked for in the working directory where the runtime directory is empty', () => {
    const before = process.cwd();
    process.chdir(mine);
    try {
      expect(at('', '')()).toBeUndefined();
    } finally {
      process.chdir(before);
    }
  });

  test.each([
    ['on the network', 'tcp:host=192.0.2.1,port=1'],
    ['that is a program', 'unixexec:path=/bin/false'],
    ['that is looked for by a program', 'autolaunch:'],
    ['that comes second', `unix:path=${mine}/bus;tcp:host=192.0.2.1`],
    ['whose path goes on after its end', `unix:path=${theirs}/bus%00x`],
  ])('is not taken %s', (_, address) => {
    expect(at(address)).toThrow('zsp tells secrets to no other bus');
  });
});

describe.skipIf(root.skip)(`the session bus of another user${root.why}`, () => {
  const others = () => chownSync(join(theirs, 'bus'), 65_534, 65_534);

  test.each([
    ['by its path', `unix:path=${theirs}/bus`, undefined],
    ['by its path in other bytes', `unix:path=${theirs}/%62%75s`, undefined],
    ['behind another key', `unix:guid=0123,path=${theirs}/bus`, undefined],
    ['as the second of two paths', `unix:path=/nowhere,path=${theirs}/bus`, undefined],
    ['as the second of two addresses', `unix:path=/nowhere;unix:path=${theirs}/bus`, undefined],
    ['in the runtime directory', 'unix:runtime=yes', theirs],
    ['in the runtime directory, without an address', '', theirs],
  ])('is not taken %s', (_, address, runtime) => {
    others();
    expect(at(address, runtime)).toThrow('belongs to another user');
  });
});
