import { toUSVString } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Change, editConfig } from '../../src/profile/edit';
import { allSections, sectionKinds } from '../../src/profile/sections';
import { fuzz } from '../support/fuzz';
import { agreed } from './corpus';
import { botocore, readers } from './readers';

const set = (name: string, values: Record<string, string | undefined>): Change => ({
  kind: 'profile',
  name,
  set: values,
});
const remove = (name: string): Change => ({ kind: 'profile', name, remove: true });
const edit = (text: string, ...changes: Change[]) => editConfig(text, changes).text;

describe('setting a key', () => {
  test.each<[what: string, before: string, values: Record<string, string | undefined>, after: string]>([
    ['changes its value', '[profile a]\nx = 1\ny = 2\n', { x: '9' }, '[profile a]\nx = 9\ny = 2\n'],
    ['keeps spaces and a comment', '[profile a]\n\tX  =1  # one\n', { x: '9' }, '[profile a]\n\tX  =9  # one\n'],
    ['fills an empty value', '[profile a]\nx =\ny=\n', { x: '9' }, '[profile a]\nx = 9\ny=\n'],
    ['fills an empty value before a comment', '[profile a]\nx = # c\n', { x: '9' }, '[profile a]\nx = 9 # c\n'],
    [
      'of those written twice changes the one that counts',
      '[profile a]\nx = 1\nx = 2\n',
      { x: '9' },
      '[profile a]\nx = 1\nx = 9\n',
    ],
    [
      'adds it after the last',
      '[profile a]\ny = 2\n\n# of b\n[profile b]\n',
      { x: '9' },
      '[profile a]\ny = 2\nx = 9\n\n# of b\n[profile b]\n',
    ],
    ['adds it to an empty section', '[profile a]\n[profile b]\n', { x: '9' }, '[profile a]\nx = 9\n[profile b]\n'],
    [
      'adds it after a nested block',
      '[profile a]\ns3 =\n  m = 1\n\n',
      { x: '9' },
      '[profile a]\ns3 =\n  m = 1\nx = 9\n\n',
    ],
    ['keeps indentation', '[profile a]\n  y = 2\n', { x: '9' }, '[profile a]\n  y = 2\n  x = 9\n'],
    ['keeps CRLF', '[profile a]\r\ny = 2\r\n', { x: '9', y: '3' }, '[profile a]\r\ny = 3\r\nx = 9\r\n'],
    ['keeps no final newline', '[profile a]\ny = 2', { x: '9' }, '[profile a]\ny = 2\nx = 9'],
    ['keeps a byte order mark', '\uFEFF[profile a]\ny = 2\n', { x: '9' }, '\uFEFF[profile a]\ny = 2\nx = 9\n'],
    [
      'in the last of several sections',
      '[profile a]\nx = 1\n[profile b]\n[profile a]\ny = 2\n',
      { z: '9' },
      '[profile a]\nx = 1\n[profile b]\n[profile a]\ny = 2\nz = 9\n',
    ],
    [
      'replaces what was nested under it',
      '[profile a]\ns3 =\n  m = 1\ny = 2\n',
      { s3: '9' },
      '[profile a]\ns3 = 9\ny = 2\n',
    ],
    [
      'changes nothing where it is so already',
      '[profile a]\nx =  1 # c\n',
      { x: '1', q: undefined },
      '[profile a]\nx =  1 # c\n',
    ],
    [
      'removes it, wherever it is written',
      '[profile a]\nx = 1\ny = 2\nX = 3 # c\n',
      { x: undefined },
      '[profile a]\ny = 2\n',
    ],
    [
      'removes what is nested under it',
      '[profile a]\ns3 =\n  m = 1\n  n = 2\ny = 2\n',
      { s3: undefined },
      '[profile a]\ny = 2\n',
    ],
    ['makes the section at the end', '[profile b]\ny = 2\n', { x: '9' }, '[profile b]\ny = 2\n\n[profile a]\nx = 9\n'],
    [
      'makes the section after a last line without an ending',
      '[profile b]\r\ny = 2',
      { x: '9' },
      '[profile b]\r\ny = 2\r\n\r\n[profile a]\r\nx = 9\r\n',
    ],
    ['makes the first section', '', { x: '9' }, '[profile a]\nx = 9\n'],
  ])('%s', (_, before, values, after) => {
    expect(edit(before, set('a', values))).toBe(after);
  });

  test('writes [default] as every client reads it, and [profile default] where that is the one that counts', () => {
    expect(edit('', set('default', { x: '1' }))).toBe('[default]\nx = 1\n');
    const both = '[default]\nx = 1\n[profile default]\nx = 2\n';
    expect(edit(both, set('default', { x: '3' }))).toBe('[default]\nx = 1\n[profile default]\nx = 3\n');
  });

  test('quotes a name with a space', () => {
    expect(edit('', set('my profile', { x: '1' }))).toBe('[profile "my profile"]\nx = 1\n');
  });

  test.each(['', 'a]b', 'a"b', 'a\nb', ' a', 'a ', 'a #b', '\u202Ea', '[x'])('refuses the name %j', (name) => {
    expect(() => edit('', set(name, { x: '1' }))).toThrow(/no AWS config file can hold/);
  });

  test.each(['', ' 1', '1 ', 'a\nb', 'a\r', 'a #b', 'a ;b', '#a', '\u202Ea', '\0'])('refuses the value %j', (value) => {
    expect(() => edit('[profile a]\nx = 1\n', set('a', { x: value }))).toThrow(/cannot be set to/);
  });

  test.each(['X', 'a b', '[x', 'a.b', '=', ''])('refuses the key %j', (key) => {
    expect(() => edit('[profile a]\n', set('a', { [key]: '1' }))).toThrow(/cannot be set to/);
  });

  test('leaves a file alone where another line would change its meaning', () => {
    const odd = '[profile a]\ns3 =\nb = 1\n  c = 2\n';
    expect(() => edit(odd, set('a', { b: undefined }))).toThrow(/oddly/);
  });

  test('tells which lines it changed', () => {
    const { hunks } = editConfig('# mine\n[profile a]\nx = 1\ny = 2\n', [
      set('a', { x: '9', z: '3' }),
      set('b', { x: '1' }),
    ]);
    expect(hunks).toEqual([
      { line: 3, section: '[profile a]', removed: ['x = 1'], added: ['x = 9'] },
      { line: 4, section: '[profile a]', removed: [], added: ['z = 3'] },
      { line: 5, section: undefined, removed: [], added: ['', '[profile b]', 'x = 1'] },
    ]);
  });
});

describe('removing a section', () => {
  test.each([
    [
      'and the blank line after it',
      '[profile b]\ny = 2\n\n[profile a]\nx = 1\n\n[profile c]\n',
      '[profile b]\ny = 2\n\n[profile c]\n',
    ],
    ['but not the comment of the next', '[profile a]\nx = 1\n\n# of c\n[profile c]\n', '# of c\n[profile c]\n'],
    ['wherever it is', '[profile a]\nx = 1\n[profile b]\n[profile a]\nx = 2\n', '[profile b]\n'],
    ['which is the whole file', '[profile a]\r\nx = 1', ''],
    ['that is not there', '[profile b]\n', '[profile b]\n'],
  ])('takes it away, %s', (_, before, after) => {
    expect(edit(before, remove('a'))).toBe(after);
  });
});

const key = fc.constantFrom('region', 'output', 's3', 'zsp_duration', 'x', 'credential_process');
const value = fc.constantFrom('1', 'eu-west-1', '/usr/bin/node x --profile a', 'a#b', '[x]', 'größe', 'a=b');
const name = fc.constantFrom('a', 'b', 'a.b-c', 'default', 'my profile');
const line = fc.oneof(
  fc.constantFrom(
    '[profile a]',
    '[ profile  "a" ] # c',
    '[default]',
    '[profile default]',
    '[sso-session a]',
    '[profile a',
    '[b]',
  ),
  fc.constantFrom(
    's3 =',
    '  max = 1',
    '\tx=2',
    'x = 1 # one',
    '# [profile a]',
    '; c',
    '',
    '  ',
    'zsp_x: 1',
    '\uFEFF',
    'just text',
  ),
  fc.tuple(key, value).map(([k, v]) => `${k} = ${v}`),
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 12 }).map((text) => toUSVString(text)),
);
const file = fc
  .tuple(fc.array(line, { maxLength: 14 }), fc.constantFrom('\n', '\r\n'), fc.boolean())
  .map(([lines, newline, ended]) => lines.join(newline) + (ended ? newline : ''));
const change = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(name, key, fc.option(value, { nil: undefined })).map(([n, k, v]) => set(n, { [k]: v })),
  },
  { weight: 1, arbitrary: name.map(remove) },
);

/** What zsp reads, as `kind name key` and its value. */
function readAll(text: string): Map<string, string> {
  return new Map(
    sectionKinds.flatMap((kind) =>
      allSections(text, kind).flatMap((section) => [
        [`${kind} ${section.name}`, ''] as const,
        ...[...section.values].map(([k, { text: v }]) => [`${kind} ${section.name} ${k}`, v] as const),
      ]),
    ),
  );
}

function applied(before: Map<string, string>, asked: Change): Map<string, string> {
  const section = `profile ${asked.name}`;
  if ('remove' in asked) {
    return new Map([...before].filter(([at]) => at !== section && !at.startsWith(`${section} `)));
  }
  const after = new Map(before);
  if (Object.values(asked.set).some((value) => value !== undefined)) after.set(section, '');
  for (const [k, v] of Object.entries(asked.set)) {
    if (before.get(`${section} ${k}`) === v) continue;
    for (const at of before.keys()) if (at === `${section} ${k}` || at.startsWith(`${section} ${k}.`)) after.delete(at);
    if (v !== undefined) after.set(`${section} ${k}`, v);
  }
  return after;
}

describe('any file (fuzz)', () => {
  test('differs in exactly the asked key, and everywhere else is the same byte for byte', () => {
    let edited = 0;
    fc.assert(
      fc.property(file, change, (before, asked) => {
        let result: ReturnType<typeof editConfig>;
        try {
          result = editConfig(before, [asked]);
        } catch (error) {
          expect(String(error)).toMatch(/oddly/);
          return;
        }
        edited += 1;
        expect(readAll(result.text)).toEqual(applied(readAll(before), asked));
        expectOnlyHunksDiffer(before, result);
        expect(editConfig(result.text, [asked])).toEqual({ text: result.text, hunks: [] });
      }),
      fuzz(),
    );
    expect(edited).toBeGreaterThan(500);
  });
});

/** Every line that is in no hunk is there, byte for byte and in its place; only a last line may have got an ending. */
function expectOnlyHunksDiffer(before: string, { text, hunks }: ReturnType<typeof editConfig>): void {
  const split = (all: string) => (all === '' ? [] : all.split(/(?<=\n)/));
  const bare = (one: string) => one.replace(/\r?\n$/, '');
  const old = split(before);
  const now = split(text);
  const byLine = new Map(hunks.map((hunk) => [hunk.line, hunk]));
  let at = 0;
  for (const [index, was] of [...old, undefined].entries()) {
    const hunk = byLine.get(index + 1);
    if (was !== undefined && hunk?.removed.length) expect(hunk.removed).toEqual([bare(was)]);
    else if (was !== undefined)
      expect(index === old.length - 1 && !was.endsWith('\n') ? bare(now[at++] ?? '') : now[at++]).toBe(was);
    for (const added of hunk?.added ?? []) expect(bare(now[at++] ?? '')).toBe(added);
  }
  expect(now.slice(at)).toEqual([]);
}

describe('real files', () => {
  const added = {
    credential_process: '/usr/bin/node /opt/zsp.js credential-process --profile new',
    region: 'eu-west-1',
  };
  const files = Object.entries(agreed).flatMap(([what, text]) => [
    [`${what}, with a new profile`, edit(text, set('new', added))] as const,
    [
      `${what}, with a changed profile`,
      edit(text, set('dev', { region: 'us-west-2', output: 'text', cli_pager: undefined })),
    ] as const,
    [`${what}, without a profile`, edit(text, remove('dev'))] as const,
  ]);
  const read = readers();

  test.each(files)('%s: the JavaScript SDK reads it as zsp does', async (_, text) => {
    expect(read.zsp(text)).toEqual(await read.javaScript(text));
  });

  test.skipIf(botocore.skip)(`botocore reads all of them as zsp does${botocore.why}`, () => {
    const theirs = read.botocore(Object.fromEntries(files));
    for (const [what, text] of files) expect([what, read.zsp(text)]).toEqual([what, theirs[what]]);
  });

  test.skipIf(botocore.skip)(`generated and edited, are read alike by all three (fuzz)${botocore.why}`, async () => {
    const body = fc.subarray([
      'region = a',
      'output=json',
      '# c',
      '',
      's3 =\n  m = 1\n  n = 2',
      'cli_pager\t=\tless',
      '; d',
    ]);
    const section = fc.tuple(fc.shuffledSubarray(['a', 'b.c', 'd-e']), fc.array(body, { minLength: 3, maxLength: 3 }));
    const whole = section.map(([names, bodies]) =>
      names.map((one, at) => [`[profile ${one}]\nfirst = 1`, ...(bodies[at] ?? [])].join('\n')).join('\n\n'),
    );
    const asked = fc.tuple(
      fc.constantFrom('a', 'b.c', 'new'),
      fc.constantFrom('region', 's3', 'output'),
      fc.option(fc.constant('v9'), { nil: undefined }),
    );
    const samples = fc.sample(fc.tuple(whole, asked), { numRuns: 200, seed: 7 });
    const texts = samples.map(([text, [n, k, v]], at) => [`${at}`, edit(text, set(n, { [k]: v }))] as const);
    const theirs = read.botocore(Object.fromEntries(texts));
    for (const [at, text] of texts) {
      expect([text, read.zsp(text)]).toEqual([text, theirs[at]]);
      expect([text, read.zsp(text)]).toEqual([text, await read.javaScript(text)]);
    }
  });

  test('of 10,000 profiles, one key edited changes one line', () => {
    const profiles = Array.from(
      { length: 10_000 },
      (_, at) => `# number ${at}\n[profile p${at}]\nregion = eu-west-1\n\n`,
    );
    const before = profiles.join('');
    const { text, hunks } = editConfig(before, [set('p7777', { region: 'us-east-1' })]);
    const [was, is] = [before.split('\n'), text.split('\n')];
    expect(is.length).toBe(was.length);
    expect(is.flatMap((now, at) => (now === was[at] ? [] : [[at, now]]))).toEqual([
      [7777 * 4 + 2, 'region = us-east-1'],
    ]);
    expect(hunks).toHaveLength(1);
  });
});
