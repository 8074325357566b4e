import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { allSections, findSection, sectionNames } from '../../src/profile/sections';
import { fuzz } from '../support/fuzz';
import { agreed } from './corpus';
import { botocore, plain, readers } from './readers';

const read = (text: string, name: string) => plain(findSection(text, 'profile', name));

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
  const parsers = readers();

  test.each(Object.entries(agreed))('%s: the JavaScript SDK', async (_, text) => {
    expect(parsers.zsp(text)).toEqual(await parsers.javaScript(text));
  });

  test.skipIf(botocore.skip)(`all of them: botocore${botocore.why}`, () => {
    const theirs = parsers.botocore(agreed);
    for (const [name, text] of Object.entries(agreed)) expect([name, parsers.zsp(text)]).toEqual([name, theirs[name]]);
  });

  test.each([
    ['a later section of the same name', '[profile a]\nx = 1\ny = 1\n[profile a]\ny = 2\n'],
    ['comments after a value', '[profile a]\nx = 1 # one\ny = 2 ; two\n'],
    ['an indented key after a value', '[profile a]\nx = 1\n  y = 2\n'],
  ])('%s: the JavaScript SDK, where botocore does not', async (_, text) => {
    expect(parsers.zsp(text)).toEqual(await parsers.javaScript(text));
  });
});
