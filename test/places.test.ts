import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ensurePrivateDirectory, places, readRegularFile } from '../src/places';
import { needs } from './support/needs';
import { removeDirectory } from './support/remove-directory';
import { newHome, runZsp } from './support/zsp';

const posix = needs('posix');
const root = needs('posix', 'root');
const stranger = 12_345;

let base: string;
beforeEach(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'zsp-places-')));
});
afterEach(() => removeDirectory(base));

const mode = (path: string) => statSync(path).mode & 0o7777;
const within = (...names: readonly string[]) => join(base, ...names);

describe('where things are', () => {
  const found = (env: Record<string, string>) => Object.values(places({ HOME: '/home/me', ...env }, 'linux'));

  test.each<[string, Record<string, string>, readonly string[]]>([
    ['under the home', {}, ['/home/me/.config/zsp', '/home/me/.local/state/zsp', '/home/me/.local/state/zsp/run']],
    [
      'where XDG says',
      { XDG_CONFIG_HOME: '/c', XDG_STATE_HOME: '/s', XDG_RUNTIME_DIR: '/run/user/1' },
      ['/c/zsp', '/s/zsp', '/run/user/1/zsp'],
    ],
    [
      'a relative XDG directory, as a repository could set it, counts for nothing',
      { XDG_CONFIG_HOME: 'c', XDG_STATE_HOME: './s', XDG_RUNTIME_DIR: '../run' },
      ['/home/me/.config/zsp', '/home/me/.local/state/zsp', '/home/me/.local/state/zsp/run'],
    ],
  ])('%s', (_, env, expected) => {
    expect(found(env)).toEqual(expected);
  });
});

describe.skipIf(posix.skip)(`a directory of zsp's${posix.why}`, () => {
  const path = () => within('zsp', 'run', 'locks');

  test('is made for its user alone, and so is what lies above it', () => {
    ensurePrivateDirectory(path());
    expect([within('zsp'), within('zsp', 'run'), path()].map(mode)).toEqual([0o700, 0o700, 0o700]);
    expect(() => ensurePrivateDirectory(path())).not.toThrow();
  });

  test.each([0o777, 0o770, 0o750, 0o705])('that others may look into (%o) is closed to them', (open) => {
    mkdirSync(path(), { recursive: true });
    for (const directory of [within('zsp'), path()]) chmodSync(directory, open);
    ensurePrivateDirectory(path());
    expect([within('zsp'), path()].map(mode)).toEqual([0o700, 0o700]);
  });

  const inItsPlace: readonly (readonly [string, (at: string) => void, RegExp])[] = [
    ['a symbolic link', (at) => symlinkSync(elsewhere(), at), /is not a directory/],
    ['a dangling link', (at) => symlinkSync('/nowhere', at), /cannot make|is not a directory/],
    ['a file', (at) => writeFileSync(at, ''), /is not a directory|cannot make/],
  ];

  function elsewhere(): string {
    mkdirSync(within('elsewhere', 'locks'), { recursive: true });
    return within('elsewhere');
  }

  test.each(
    inItsPlace.flatMap(([what, put, says]) => [
      [what, 'its place', ['zsp', 'run', 'locks'], put, says] as const,
      [what, 'the place of the one above it', ['zsp', 'run'], put, says] as const,
      [what, 'the place of the first of them', ['zsp'], put, says] as const,
    ]),
  )('%s in %s is refused', (_what, _where, names, put, says) => {
    mkdirSync(dirname(within(...names)), { recursive: true });
    put(within(...names));
    expect(() => ensurePrivateDirectory(path())).toThrow(
      expect.objectContaining({ code: 'storage_failed', message: expect.stringMatching(says) }),
    );
  });

  test.each([
    ['anybody may write to', 0o777, false],
    ['anybody may write to, but it is sticky, like /tmp', 0o1777, true],
    ['its group may write to', 0o775, true],
  ])('in a directory that %s', (_, open, fine) => {
    mkdirSync(within('shared'));
    chmodSync(within('shared'), open);
    const make = () => ensurePrivateDirectory(within('shared', 'zsp', 'locks'));
    if (fine) expect(make).not.toThrow();
    else expect(make).toThrow(/another user could replace what zsp keeps in/);
  });

  test.skipIf(root.skip)(`of another user is refused, wherever in the way it is${root.why}`, () => {
    for (const directory of [path(), within('zsp', 'run'), within('zsp')]) {
      mkdirSync(path(), { recursive: true });
      chownSync(directory, stranger, stranger);
      expect(() => ensurePrivateDirectory(path())).toThrow(/belongs to another user/);
      removeDirectory(within('zsp'));
    }
    mkdirSync(within('theirs'));
    chownSync(within('theirs'), stranger, stranger);
    expect(() => ensurePrivateDirectory(within('theirs', 'zsp'))).toThrow(/another user could replace/);
    symlinkSync(elsewhere(), within('zsp'));
    lchownSync(within('zsp'), stranger, stranger);
    expect(() => ensurePrivateDirectory(path())).toThrow(/is not a directory/);
  });
});

describe.skipIf(posix.skip)(`a named pipe in the place of a file${posix.why}`, () => {
  const pipe = (path: string) => {
    mkdirSync(dirname(path), { recursive: true });
    expect(spawnSync('mkfifo', [path]).status).toBe(0);
  };

  test('is not read', () => {
    pipe(within('pipe'));
    expect(() => readRegularFile(within('pipe'))).toThrow('not a regular file');
    expect(() => readRegularFile('/dev/zero')).toThrow('not a regular file');
  });

  const state = '.local/state/zsp';
  test.each<readonly [string, string, readonly string[], number, Record<string, string>]>([
    ['the config', '.aws/config', ['credential-process', '--profile', 'dev'], 3, {}],
    ['the config', '.aws/config', ['status'], 3, {}],
    ['a policy', '.config/zsp/policies/read.json', ['credential-process', '--profile', 'deploy'], 3, {}],
    ['the ledger', `${state}/ledger.jsonl`, ['history'], 9, {}],
    ['the ledger', `${state}/ledger.jsonl`, ['history', 'verify'], 9, {}],
    ['the name of the keychain', `${state}/keychain`, ['credential-process', '--profile', 'auto'], 6, {}],
    ["the file keychain's key", 'run/zsp/sealed/file/key.json', ['credential-process', '--profile', 'dev'], 6, {}],
    ['the last errors', `${state}/last-error.json`, ['status', '--last-error'], 0, {}],
    ['the config', '.aws/config', ['complete', 'profiles'], 0, {}],
    ['a discovery', 'run/zsp/discoveries/0.json', ['complete', 'roles'], 0, {}],
    ['the keys being retired', `${state}/retired-keys.json`, ['keys', 'migrate', 'dev', '--yes'], 9, {}],
    ['the open windows', `${state}/prompt.json`, ['status', '--prompt'], 0, {}],
  ])('%s: %s %s ends at once, cleanly', async (_, path, args, status, more) => {
    const home = newHome(more);
    const session = (name: string, more = '') =>
      `[sso-session ${name}]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = eu-west-1\n${more}`;
    const profile = (name: string, at: string) =>
      `[profile ${name}]\nzsp_sso_session = ${at}\nzsp_sso_account_id = 111122223333\nzsp_sso_role_name = Developer\n`;
    const deploy =
      '[profile deploy]\nzsp_source_profile = dev\nzsp_role_arn = arn:aws:iam::444455556666:role/d\nzsp_session_policy = read\n';
    try {
      if (path !== '.aws/config') {
        const sessions = session('corp', 'zsp_keychain = file\n') + session('any');
        home.write('.aws/config', sessions + profile('dev', 'corp') + profile('auto', 'any') + deploy);
      }
      pipe(join(home.path, path));
      const ran = await runZsp(args, { env: home.env, timeout: 10_000 });
      expect(ran).toMatchObject({ status });
      if (status !== 0) expect(ran.stderr).toMatch(/^zsp: .+\nzsp: hint: .+\n$/);
    } finally {
      home.cleanup();
    }
  });

  test('AWS_CA_BUNDLE is refused, and nobody waits for it', async () => {
    const { createSend } = await import('../src/aws/connection');
    pipe(within('ca.pem'));
    const send = createSend({ AWS_CA_BUNDLE: within('ca.pem') });
    const request = {
      protocol: 'https:',
      hostname: 'oidc.eu-west-1.amazonaws.com',
      method: 'GET',
      path: '/',
      headers: {},
    };
    const endpoint = new URL('https://oidc.eu-west-1.amazonaws.com');
    await expect(send(endpoint, request, AbortSignal.timeout(1000))).rejects.toMatchObject({ code: 'config_invalid' });
    expect(existsSync(within('ca.pem')) && readdirSync(base)).toEqual(['ca.pem']);
  });
});
