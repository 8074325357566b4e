import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { nativeStore } from '../../src/keychain/binding';
import { Secret } from '../../src/secret';
import { compile } from '../support/compiled';
import { needs } from '../support/needs';
import { lockLogin, type PrivateKeyring, privateKeyring } from '../support/private-keyring';
import { storeContract } from './contract';
import { elsewhere } from './other-process';

const keyring = needs('linux', 'dbus', 'gnome-keyring');
const when = test.skipIf(keyring.skip);

describe('the Secret Service', () => {
  let shared: PrivateKeyring | undefined;
  const inherited = { ...process.env };
  beforeAll(async () => {
    if (keyring.skip) return;
    shared = await privateKeyring();
    Object.assign(process.env, shared.env);
  });
  afterAll(async () => {
    for (const name of Object.keys(process.env)) if (!(name in inherited)) delete process.env[name];
    Object.assign(process.env, inherited);
    await shared?.stop();
  });

  storeContract(() => nativeStore('secret-service'), keyring);

  when(`a store that was asked before goes on after the keyring was restarted${keyring.why}`, async () => {
    const store = nativeStore('secret-service');
    await store.set('a', new Secret('EXAMPLE-VALUE'));
    await shared?.restart();
    expect((await store.get('a'))?.open()).toBe('EXAMPLE-VALUE');
    await shared?.restart();
    await store.set('a', new Secret('EXAMPLE-OTHER'));
    expect((await store.get('a'))?.open()).toBe('EXAMPLE-OTHER');
  });

  when(`many accounts at once, and one account from many sides${keyring.why}`, async () => {
    const store = nativeStore('secret-service');
    const names = Array.from({ length: 20 }, (_, at) => `many-${at}`);
    for (const name of names) await store.set(name, new Secret(name));
    const asked = [...names, ...names, ...Array.from({ length: 10 }, () => 'many-0')];
    const got = await Promise.all(asked.map(async (name) => (await store.get(name))?.open()));
    expect(got).toEqual(asked);
    for (const name of names) await store.delete(name);
  });
});

describe('the Secret Service, seen from another process', () => {
  let compiled: ReturnType<typeof compile>;
  const started: PrivateKeyring[] = [];
  const start = async (...options: Parameters<typeof privateKeyring>): Promise<PrivateKeyring> => {
    const made = await privateKeyring(...options);
    started.push(made);
    return made;
  };
  const run = (at: PrivateKeyring, body: string) => elsewhere(compiled.directory, at.env, body);
  beforeAll(() => {
    if (!keyring.skip) compiled = compile();
  });
  afterEach(async () => {
    for (const made of started.splice(0)) await made.stop();
  });
  afterAll(() => compiled?.remove());

  const set = `await nativeStore('secret-service').set('a', new Secret('EXAMPLE-VALUE'));`;
  const get = `return (await nativeStore('secret-service').get('a'))?.open() ?? 'absent';`;
  const auto = `const { backend } = await openKeychain({ choice: 'auto', env, lock }); return backend;`;

  when(`an item outlives its process, and its text is in no file${keyring.why}`, async () => {
    const at = await start();
    await run(at, set);
    expect(await run(at, get)).toEqual({ value: 'EXAMPLE-VALUE' });
    expect(filesWith(at.home, 'EXAMPLE-VALUE')).toEqual([]);
  });

  when(`locked is an error with a remedy, not an absent item${keyring.why}`, async () => {
    const at = await start();
    await run(at, set);
    at.lock();
    const locked = {
      code: 'keychain_unavailable',
      message: 'the Secret Service keyring is locked',
      remedy: expect.stringContaining('unlock it'),
    };
    expect(await run(at, get)).toEqual(locked);
    expect(await run(at, set)).toEqual(locked);
    expect(await run(at, `await nativeStore('secret-service').delete('a');`)).toEqual(locked);
    expect(await run(at, auto)).toEqual(locked);
  });

  when(`an unlock prompt that nobody answers is given up on${keyring.why}`, async () => {
    const at = await start({ prompter: '/bin/sh -c "sleep 2; exit 1"' });
    await run(at, set);
    at.lock();
    const body = get.replace(`'secret-service'`, `'secret-service', () => 1_200`);
    expect(await run(at, body)).toMatchObject({ message: 'the Secret Service keyring did not answer in time' });
  });

  when(`many questions at once show one prompt${keyring.why}`, async () => {
    const at = await start({ prompter: '/bin/sh -c "echo asked >> $HOME/prompts; exit 1"' });
    const body = `
      const store = nativeStore('secret-service');
      await store.set('a', new Secret('EXAMPLE-VALUE'));
      require('node:child_process').spawnSync('dbus-send', ${JSON.stringify(lockLogin)});
      const ends = await Promise.allSettled([1, 2, 3].map(() => store.get('a')));
      return ends.map(({ reason }) => reason.message).join();`;
    const locked = 'the Secret Service keyring is locked';
    expect(await run(at, body)).toEqual({ value: [locked, locked, locked].join() });
    expect(readFileSync(join(at.home, 'prompts'), 'utf8')).toBe('asked\n');
  });

  when(`a prompt that the user has sent away does not come again${keyring.why}`, async () => {
    const at = await start({ prompter: '/bin/sh -c "echo asked >> $HOME/prompts; exit 1"' });
    const body = `
      const store = nativeStore('secret-service');
      await store.set('a', new Secret('EXAMPLE-VALUE'));
      require('node:child_process').spawnSync('dbus-send', ${JSON.stringify(lockLogin)});
      return store.get('a');`;
    expect(await run(at, body)).toMatchObject({ message: 'the Secret Service keyring is locked' });
    expect(readFileSync(join(at.home, 'prompts'), 'utf8')).toBe('asked\n');
  });

  when(`a silent service is an error, and answers again when it goes on${keyring.why}`, async () => {
    const at = await start();
    await run(at, set);
    at.silence();
    expect(await run(at, get)).toMatchObject({
      code: 'keychain_unavailable',
      message: 'the Secret Service keyring did not answer in time',
    });
    expect(await run(at, auto)).toMatchObject({ code: 'keychain_unavailable' });
    at.resume();
    expect(await run(at, get)).toEqual({ value: 'EXAMPLE-VALUE' });
  });

  when(`a bus that says nothing is an error, and answers again when it goes on${keyring.why}`, async () => {
    const at = await start();
    await run(at, set);
    at.silenceBus();
    try {
      const silent = { message: 'the Secret Service keyring did not answer in time' };
      expect(await run(at, get)).toMatchObject(silent);
      expect(await run(at, set)).toMatchObject(silent);
    } finally {
      at.resumeBus();
    }
    expect(await run(at, get)).toEqual({ value: 'EXAMPLE-VALUE' });
  });

  when(`a daemon that was killed comes back locked, and its items are not absent${keyring.why}`, async () => {
    const at = await start();
    await run(at, set);
    await at.kill();
    expect(await run(at, get)).toMatchObject({ message: 'the Secret Service keyring is locked' });
  });

  when(`a bus that denies access is an error${keyring.why}`, async () => {
    const at = await start({ daemon: 'denied' });
    expect(await run(at, get)).toMatchObject({
      code: 'keychain_unavailable',
      message: 'the Secret Service keyring denied access',
    });
  });

  when(`a desktop without a default keyring is an error that says so${keyring.why}`, async () => {
    const at = await start({ files: {} });
    expect(await run(at, get)).toEqual({ value: 'absent' });
    expect(await run(at, set)).toEqual({
      code: 'keychain_unavailable',
      message: 'the Secret Service keyring has no default keyring',
      remedy: expect.stringContaining('Set as Default'),
    });
  });

  when(`a bus without a keyring is an error that names the choices${keyring.why}`, async () => {
    const at = await start({ daemon: 'absent' });
    expect(await run(at, get)).toEqual({
      code: 'keychain_unavailable',
      message: 'the Secret Service keyring is not running',
      remedy: expect.stringContaining('zsp_keychain = file'),
    });
  });

  when(`auto takes it, and once recorded it is the keychain even when it is gone${keyring.why}`, async () => {
    const at = await start();
    expect(await run(at, auto)).toEqual({ value: 'secret-service' });
    await run(at, `recordBackend(env, 'secret-service');`);
    const noBus = withoutBus(at.env);
    expect(await elsewhere(compiled.directory, noBus, auto)).toMatchObject({
      code: 'keychain_unavailable',
      message: 'the Secret Service keyring is not running',
    });
    expect(await elsewhere(compiled.directory, noBus, auto.replace(`'auto'`, `'file'`))).toEqual({ value: 'file' });
  });

  when(`the bus is found at $XDG_RUNTIME_DIR/bus too${keyring.why}`, async () => {
    const at = await start();
    await run(at, set);
    const { DBUS_SESSION_BUS_ADDRESS: _, ...unset } = at.env;
    const body = `return (await (await openKeychain({ choice: 'secret-service', env, lock })).store.get('a')).open();`;
    expect(await elsewhere(compiled.directory, unset, body)).toEqual({ value: 'EXAMPLE-VALUE' });
  });

  when(`a keyring with a blank password is refused, one with a password is not${keyring.why}`, async () => {
    const check = `
      const { backend, store } = await openKeychain({ choice: 'secret-service', env, lock });
      await refuseBlankPassword(backend, store, env); return 'kept';`;
    const blank = await start({
      files: {
        default: 'login',
        'login.keyring': '[keyring]\ndisplay-name=Login\nctime=0\nmtime=0\nlock-on-idle=false\nlock-after=false\n',
      },
    });
    expect(await run(blank, check)).toEqual({
      code: 'keychain_unavailable',
      message: expect.stringContaining('blank password'),
      remedy: expect.stringContaining('zsp_keychain = file'),
    });
    expect(filesWith(blank.home, 'zsp-probe-')).toEqual([]);
    expect(await run(await start(), check)).toEqual({ value: 'kept' });
  });

  describe('on the hit path', () => {
    const hit = `return (await readItemNow('auto', 'a', env, secretService(env))) ?? 'miss';`;

    when(`a present item is read at once, without node:crypto${keyring.why}`, async () => {
      const at = await start();
      await run(at, `${set} recordBackend(env, 'secret-service');`);
      const script = join(at.home, 'hit.cjs');
      writeFileSync(
        script,
        `const { readItemNow } = require(${JSON.stringify(compiled.directory)} + '/keychain/read-item.js');
        const { secretService } = require(${JSON.stringify(compiled.directory)} + '/keychain/secret-service.js');
        readItemNow('auto', 'a', process.env, secretService(process.env)).then((got) => {
          const crypto = process.moduleLoadList.includes('NativeModule crypto');
          require('node:fs').writeSync(1, JSON.stringify({ got, crypto }));
        });`,
      );
      const out = execFileSync(process.execPath, [script], { env: at.env, encoding: 'utf8' });
      expect(JSON.parse(out)).toEqual({ got: 'EXAMPLE-VALUE', crypto: false });
    });

    when(`absent, locked, no bus and no record are misses${keyring.why}`, async () => {
      const at = await start();
      await run(at, set);
      expect(await run(at, hit)).toEqual({ value: 'miss' });
      await run(at, `recordBackend(env, 'secret-service');`);
      expect(await run(at, hit.replace(`'a'`, `'b'`))).toEqual({ value: 'miss' });
      const noBus = withoutBus(at.env);
      expect(await elsewhere(compiled.directory, noBus, hit)).toEqual({ value: 'miss' });
      at.lock();
      expect(await run(at, hit)).toEqual({ value: 'miss' });
    });

    when(`a record that names nothing is a miss, and an error behind it${keyring.why}`, async () => {
      const at = await start();
      mkdirSync(join(at.home, 'state/zsp'), { recursive: true, mode: 0o700 });
      writeFileSync(join(at.home, 'state/zsp/keychain'), 'constructor');
      expect(await run(at, hit)).toEqual({ value: 'miss' });
      expect(await run(at, auto)).toMatchObject({ code: 'keychain_unavailable' });
    });
  });
});

function withoutBus({ DBUS_SESSION_BUS_ADDRESS, XDG_RUNTIME_DIR, ...env }: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return env;
}

/** The files below a directory in which a text stands. */
function filesWith(directory: string, text: string): readonly string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => readFileSync(path).includes(text));
}
