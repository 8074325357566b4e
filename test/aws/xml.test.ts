import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readXml } from '../../src/aws/xml';
import { element } from '../../src/sandbox/xml';
import { fuzz } from '../support/fuzz';

const read = (document: string) => Object.fromEntries(readXml(document) ?? [['refused', 'yes']]);
const refused = { refused: 'yes' };

test.each<[string, string, Record<string, string>]>([
  ['texts by their path', '<a><b>1</b><c><d>2</d></c></a>', { 'a/b': '1', 'a/c/d': '2' }],
  ['a declaration and white space', '<?xml version="1.0"?>\n<a>\n <b>1</b>\n</a>\n', { 'a/b': '1' }],
  ['attributes', `<a xmlns="u" x:y='>'><b z="&lt;">1</b></a>`, { 'a/b': '1' }],
  ['empty elements', '<a><b/><c></c></a>', { 'a/b': '', 'a/c': '' }],
  ['entities and characters', '<a>&lt;&amp;&#65;&#x1F512;&apos;&quot;&gt;</a>', { a: '<&A🔒\'">' }],
  ['names that objects have', '<__proto__><constructor>1</constructor></__proto__>', { '__proto__/constructor': '1' }],
])('%s are read', (_what, document, expected) => {
  expect(read(document)).toEqual(expected);
});

test.each([
  ['nothing', ''],
  ['text alone', 'hello'],
  ['an element that is not closed', '<a><b></b>'],
  ['elements that cross', '<a><b></a></b>'],
  ['an element twice', '<a><b>1</b><b>2</b></a>'],
  ['two roots', '<a/><b/>'],
  ['text beside elements', '<a>1<b>2</b></a>'],
  ['text behind the end', '<a/>x'],
  ['a DOCTYPE', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'],
  ['an entity that is none', '<a>&nbsp;</a>'],
  ['an entity that every object has', '<a>&constructor;</a>'],
  ['a bare ampersand', '<a>1 & 2</a>'],
  ['a reference to what is no character', '<a>&#0;</a>'],
  ['half a surrogate', '<a>&#xD800;</a>'],
  ['CDATA', '<a><![CDATA[1]]></a>'],
  ['a comment', '<a><!-- 1 --></a>'],
  ['a declaration in the middle', '<a><?xml version="1.0"?></a>'],
  ['a hundred levels', `${'<a>'.repeat(100)}${'</a>'.repeat(100)}`],
])('%s is refused', (_what, document) => {
  expect(read(document)).toEqual(refused);
});

const name = fc.stringMatching(/^[A-Za-z]\w{0,8}$/);
const text = fc.string({ unit: 'grapheme' }).filter((one) => !/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/.test(one));

test('fuzz: what was written is read again', () => {
  const { tree } = fc.letrec<{ tree: Record<string, unknown>; node: unknown }>((tie) => ({
    node: fc.oneof({ maxDepth: 3, withCrossShrink: true }, text, tie('tree')),
    tree: fc.dictionary(name, tie('node'), { minKeys: 1, maxKeys: 4, noNullPrototype: true }),
  }));
  fc.assert(
    fc.property(tree, (written) => {
      expect(readXml(element('root', written as never))).toEqual(new Map(flat('root', written)));
    }),
    { ...fuzz(), numRuns: 500 },
  );
});

function flat(path: string, node: unknown): [string, string][] {
  if (typeof node === 'string') return [[path, node]];
  return Object.entries(node as object).flatMap(([key, value]) => flat(`${path}/${key}`, value));
}

test('fuzz: anything is read or refused, and soon', () => {
  const piece = fc.constantFrom(
    '<a>',
    '</a>',
    '<b x="',
    '"',
    '/>',
    '&',
    ';',
    '&#',
    '<?xml ',
    '?>',
    ' '.repeat(50),
    '<!',
  );
  const junk = fc.oneof(
    fc.string(),
    fc.array(fc.oneof(piece, fc.string({ maxLength: 3 }))).map((all) => all.join('')),
  );
  fc.assert(
    fc.property(junk, (document) => {
      const texts = readXml(document);
      expect(texts === undefined || texts.size > 0).toBe(true);
    }),
    fuzz(),
  );
});

test.each([
  ['spaces before an attribute', `<a${' '.repeat(500_000)}`],
  ['attributes without end', `<a${' x="1"'.repeat(80_000)}`],
  ['an element of ampersands', `<a>${'&'.repeat(500_000)}</a>`],
])('half a megabyte of %s does not hold anybody up', (_what, document) => {
  const started = performance.now();
  expect(read(document)).toEqual(refused);
  // Read in a time that grows with the square of the length, it would be an hour.
  expect(performance.now() - started).toBeLessThan(15_000);
});
