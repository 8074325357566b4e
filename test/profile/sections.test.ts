import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { allSections, findSection, type Section, sectionNames } from '../../src/profile/sections';
import { fuzz } from '../support/fuzz';
import { agreed } from './corpus';

type Sections = Record<string, Record<string, string>>;

/** The parser inside the JavaScript SDK, whichever version it brings. */
const sdk: {
  loadSharedConfigFiles(init: { configFilepath: string; filepath: string }): Promise<{ configFile: Sections }>;
  loadSsoSessionData(init: { configFilepath: string }): Promise<Sections>;
} = createRequire(createRequire(__filename).resolve('@aws-sdk/credential-providers'))('@smithy/core/config');

const read = (text: string, name: string) => plain(findSection(text, 'profile', name));

function plain(section: Section | undefined): Record<string, string> | undefined {
  return section && Object.fromEntries([...section.values].map(([key, value]) => [key, value.text]));
}

/** Only keys with a value: the parsers differ in how they say that a key has none. */
function everything(text: string): Sections {
  const kinds = ['profile', 'sso-session'] as const;
  const sections = kinds.flatMap((kind) =>
    allSections(text, kind).map((found) => [`${kind} ${found.name}`, found] as const),
  );
  const filled = sections.map(([name, found]) => [name, withoutEmpty(plain(found) ?? {})] as const);
  return Object.fromEntries(filled.filter(([, values]) => Object.keys(values).length > 0));
}

function withoutEmpty(values: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).filter(([, text]) => text !== ''));
}

describe('a section', () => {
  test.each([
    ['[profile dev]\na = 1\n', { a: '1' }],
    ['[profile dev]\nA_Key = Value\n', { a_key: 'Value' }],
    ['[profile dev] # mine\na = 1 # one\nb = 2 ; two\nc = 3#three\n', { a: '1', b: '2', c: '3#three' }],
    ['\uFEFF[profile dev]\r\na = 1\r\n', { a: '1' }],
    ['  [profile dev]\n  a = 1\n', { a: '1' }],
    ['[profile   "dev" ]\na = 1\n', { a: '1' }],
    ['[profile dev]\na = 1\na = 2\n', { a: '2' }],
    ['[profile dev]\na = 1\nb = 1\n[other]\nb = 9\n[profile dev]\nb = 2\n', { a: '1', b: '2' }],
    ['[profile dev]\ns3 =\n  a = 1\n\n  b = 2\nc = 3\n', { s3: '', 's3.a': '1', 's3.b': '2', c: '3' }],
    ['[profile dev]\na =\nb = 1\n', { a: '', b: '1' }],
    ['[profile dev]\na = 1\n  b = 2\n', { a: '1', b: '2' }],
    ['[profile dev]\n=1\njust text\na = 1\n', { a: '1' }],
    ['[profile dev]', {}],
  ])('%j reads as %j', (text, values) => {
    expect(read(text, 'dev')).toEqual(values);
  });

  test.each([
    '[dev]\na = 1\n',
    '[profile dev2]\na = 1\n',
    '[profiledev]\na = 1\n',
    'x = [profile dev]\n',
    '# [profile dev]\n',
    '[profile dev\na = 1\n',
    '[sso-session dev]\na = 1\n',
    '[profile Dev]\na = 1\n',
    '',
  ])('is not found in %j', (text) => {
    expect(findSection(text, 'profile', 'dev')).toBeUndefined();
  });

  test.each(['my profile', 'größe', '日本', '[x', 'a]b', '__proto__', "it's", 'a=b'])('may be named %j', (name) => {
    const text = `[profile other]\na = 1\n[profile ${name}]\na = 2\n`;
    expect(read(text, name)).toEqual({ a: '2' });
    expect(sectionNames(text, 'profile')).toEqual(['other', name]);
  });

  test('[profile default] replaces [default]', () => {
    expect(read('[profile default]\na = 1\n[default]\na = 2\nb = 2\n', 'default')).toEqual({ a: '1' });
    expect(read('[default]\na = 2\n', 'default')).toEqual({ a: '2' });
  });

  test('knows its lines', () => {
    const section = findSection('# one\n\n[profile dev]\na = 1\n\nb = 2\n', 'profile', 'dev');
    expect(section?.line).toBe(3);
    expect(section?.values.get('b')?.line).toBe(6);
  });

  test.each(['zsp_elevation: required', 'zsp_elevation', '[profile prod', '[profile prod] oops'])(
    'sets %j aside instead of losing it',
    (line) => {
      const section = findSection(`[profile dev]\na = 1\n  ${line}\nb = 2\n`, 'profile', 'dev');
      expect(section?.strays.map((stray) => [stray.text, stray.line])).toEqual([[line, 3]]);
      expect(section?.values.get('b')?.text).toBe('2');
    },
  );

  test.each(['', '\n', '\n[profile a]', '[', ']'])('of the name %j is looked for without end', (name) => {
    expect(findSection('\n\n[profile a]\n[profile b]\n', 'profile', name)).toBeUndefined();
  });

  test('is the same whether looked for or listed, in any text (fuzz)', () => {
    const line = fc.oneof(
      fc.constantFrom(
        '[profile a]',
        '[default]',
        '[profile "a"]',
        '[sso-session a]',
        '[x]',
        '[profile a',
        'k =',
        '  k = 1',
      ),
      fc.string({ maxLength: 12 }),
      fc.string({ unit: 'binary', maxLength: 12 }),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), fc.constantFrom('\n', '\r\n', '\r'), (lines, newline) => {
        const text = lines.join(newline);
        for (const kind of ['profile', 'sso-session'] as const) {
          const listed = allSections(text, kind);
          expect(listed.map((section) => section.name)).toEqual(sectionNames(text, kind));
          for (const section of listed) expect(findSection(text, kind, section.name)).toEqual(section);
        }
      }),
      fuzz(),
    );
  });
});

describe('other parsers agree on', () => {
  const directory = mkdtempSync(join(tmpdir(), 'zsp-sections-'));
  afterAll(() => rmSync(directory, { recursive: true }));
  const botocore = spawnSync('python3', ['-c', 'import botocore']).status === 0;

  test.each(Object.entries(agreed))('%s: the JavaScript SDK', async (_, text) => {
    expect(everything(text)).toEqual(await javaScript(text));
  });

  test.skipIf(!botocore)(`all of them: botocore${botocore ? '' : ' (skipped: needs python3-botocore)'}`, () => {
    const theirs = python(agreed);
    for (const [name, text] of Object.entries(agreed)) expect([name, everything(text)]).toEqual([name, theirs[name]]);
  });

  async function javaScript(text: string): Promise<unknown> {
    const configFilepath = join(directory, `${Math.random()}`);
    writeFileSync(configFilepath, text);
    const { configFile } = await sdk.loadSharedConfigFiles({ configFilepath, filepath: join(directory, 'none') });
    const sessions = await sdk.loadSsoSessionData({ configFilepath });
    return Object.fromEntries([
      ...Object.entries(configFile)
        .filter(([name]) => !name.startsWith('sso-session.'))
        .map(([name, values]) => [`profile ${name}`, values]),
      ...Object.entries(sessions).map(([name, values]) => [`sso-session ${name}`, values]),
    ]);
  }

  /** One Python for all texts. */
  function python(texts: Readonly<Record<string, string>>): Record<string, unknown> {
    const program = `
import botocore.configloader as loader, json, sys
def flat(values):
    pairs = [(k, n, t) for k, v in values.items() for n, t in (v.items() if isinstance(v, dict) else [('', v)])]
    return {k + ('.' + n if n else ''): t for k, n, t in pairs}
found = {}
for name, text in json.load(sys.stdin).items():
    with open(sys.argv[1], 'w', newline='') as file: file.write(text)
    loaded = loader.load_config(sys.argv[1])
    found[name] = {'profile ' + n: flat(v) for n, v in loaded['profiles'].items()}
    found[name].update({'sso-session ' + n: flat(v) for n, v in loaded['sso_sessions'].items()})
print(json.dumps(found))`;
    const input = JSON.stringify(texts);
    const answer = spawnSync('python3', ['-c', program, join(directory, 'config')], { input, encoding: 'utf8' });
    expect(answer.stderr).toBe('');
    return JSON.parse(answer.stdout);
  }

  test.each([
    ['a later section of the same name', '[profile a]\nx = 1\ny = 1\n[profile a]\ny = 2\n'],
    ['comments after a value', '[profile a]\nx = 1 # one\ny = 2 ; two\n'],
    ['an indented key after a value', '[profile a]\nx = 1\n  y = 2\n'],
  ])('%s: the JavaScript SDK, where botocore does not', async (_, text) => {
    expect(everything(text)).toEqual(await javaScript(text));
  });
});
