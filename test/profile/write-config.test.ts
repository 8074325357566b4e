import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readConfigDraft, writeConfig } from '../../src/profile/write-config';
import { needs } from '../support/needs';
import { removeDirectory } from '../support/remove-directory';

let home: string;
let config: string;

beforeEach(() => {
  home = realpathSync(mkdtempSync(join(tmpdir(), 'zsp-write-')));
  mkdirSync(join(home, '.aws'));
  config = join(home, '.aws', 'config');
});
afterEach(() => removeDirectory(home));

const read = () => readConfigDraft({ HOME: home, USERPROFILE: home });
const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);
const posix = needs('posix');
const root = needs('root');
const user = needs('not-root');

describe('a config file', () => {
  test('is made, for its owner alone, with the directory above it', () => {
    removeDirectory(join(home, '.aws'));
    writeConfig(read(), '[default]\n');
    expect(readFileSync(config, 'utf8')).toBe('[default]\n');
    if (!posix.skip) expect([mode(config), mode(join(home, '.aws'))]).toEqual(['600', '700']);
    expect(readdirSync(join(home, '.aws'))).toEqual(['config']);
  });

  test.skipIf(posix.skip)(`keeps its mode${posix.why}`, () => {
    writeFileSync(config, 'a');
    chmodSync(config, 0o640);
    writeConfig(read(), 'b');
    expect([mode(config), readFileSync(config, 'utf8')]).toEqual(['640', 'b']);
  });

  test('that is read-only is left alone', () => {
    writeFileSync(config, '[default]\n', { mode: 0o444 });
    expect(() => writeConfig(read(), '[default]\nregion = x\n')).toThrow(
      expect.objectContaining({ code: 'storage_failed', message: expect.stringContaining('is read-only') }),
    );
    expect(readFileSync(config, 'utf8')).toBe('[default]\n');
    expect(readdirSync(join(home, '.aws'))).toEqual(['config']);
  });

  test.skipIf(root.skip)(`keeps its owner${root.why}`, () => {
    writeFileSync(config, 'a');
    chownSync(config, 12_345, 23_456);
    writeConfig(read(), 'b');
    expect(statSync(config)).toMatchObject({ uid: 12_345, gid: 23_456 });
  });

  test.skipIf(posix.skip)(`stays a link to where it was${posix.why}`, () => {
    mkdirSync(join(home, 'dotfiles'));
    const target = join(home, 'dotfiles', 'aws-config');
    writeFileSync(target, 'a');
    symlinkSync('../dotfiles/aws-config', config);
    writeConfig(read(), 'b');
    expect(lstatSync(config).isSymbolicLink()).toBe(true);
    expect(readFileSync(target, 'utf8')).toBe('b');
    expect(readdirSync(join(home, '.aws'))).toEqual(['config']);
  });

  test.skipIf(posix.skip)(`is made where a link to nothing points${posix.why}`, () => {
    symlinkSync(join(home, 'elsewhere'), config);
    writeConfig(read(), 'b');
    expect(readFileSync(join(home, 'elsewhere'), 'utf8')).toBe('b');
    expect(lstatSync(config).isSymbolicLink()).toBe(true);
  });

  test('has its first state kept beside it, and only that', () => {
    writeFileSync(config, 'first');
    writeConfig(read(), 'second');
    writeConfig(read(), 'third');
    expect(readFileSync(`${config}.before-zsp`, 'utf8')).toBe('first');
    expect(readdirSync(join(home, '.aws')).sort()).toEqual(['config', 'config.before-zsp']);
  });

  test.each([
    ['edited', () => writeFileSync(config, 'mine')],
    ['removed', () => rmSync(config)],
  ])('that was %s since it was read is left alone', (_, meanwhile) => {
    writeFileSync(config, 'a');
    const draft = read();
    meanwhile();
    const before = readdirSync(join(home, '.aws')).map((name) => readFileSync(join(home, '.aws', name), 'utf8'));
    expect(() => writeConfig(draft, 'b')).toThrow(/was changed by something else meanwhile/);
    expect(readdirSync(join(home, '.aws')).map((name) => readFileSync(join(home, '.aws', name), 'utf8'))).toEqual(
      before,
    );
  });

  test('that came to be since none was read is left alone', () => {
    const draft = read();
    writeFileSync(config, 'mine');
    expect(() => writeConfig(draft, 'b')).toThrow(/was changed by something else meanwhile/);
    expect(readFileSync(config, 'utf8')).toBe('mine');
  });

  test('that is not UTF-8 is not rewritten', () => {
    writeFileSync(config, Buffer.from('[profile gr\xf6\xdfe]\n', 'latin1'));
    expect(read).toThrow(/is not UTF-8/);
  });

  test('that is a directory is refused', () => {
    mkdirSync(config);
    expect(read).toThrow(/cannot be read \(not a regular file\)/);
  });

  test('keeps a byte order mark', () => {
    writeFileSync(config, '\uFEFF[default]\n');
    expect(read().text).toBe('\uFEFF[default]\n');
  });

  test.skipIf(user.skip)(
    `in a directory that may not be written is as it was, and nothing is left beside it${user.why}`,
    () => {
      writeFileSync(config, 'a');
      chmodSync(join(home, '.aws'), 0o500);
      try {
        expect(() => writeConfig(read(), 'b')).toThrow(/it is as it was/);
        expect(readdirSync(join(home, '.aws'))).toEqual(['config']);
      } finally {
        chmodSync(join(home, '.aws'), 0o700);
      }
    },
  );
});
