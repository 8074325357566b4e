import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { printable } from '../../src/terminal/sanitize';
import { textWidth } from '../../src/terminal/width';
import { fuzz } from '../support/fuzz';

describe('printable', () => {
  test.each([
    ['ordinary text', 'arn:aws:iam::111122223333:role/deploy', 'arn:aws:iam::111122223333:role/deploy'],
    ['accents and wide characters', 'é 開発 🚀', 'é 開発 🚀'],
    ['a colour', '\x1b[31mred\x1b[0m', 'red'],
    ['a cursor movement that would overwrite the line', 'safe\x1b[2K\x1b[1Gevil', 'safeevil'],
    ['an 8-bit CSI', 'a\x9b31mb', 'ab'],
    ['a window title', 'a\x1b]0;title\x07b', 'ab'],
    ['a hyperlink', '\x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\', 'click'],
    ['a clipboard write in a DCS', 'a\x1bPq#0\x1b\\b', 'ab'],
    ['an unfinished sequence', 'a\x1b]0;b', 'a0;b'],
    ['line breaks', 'one\r\ntwo\u2028three\tfour', 'one two three four'],
    ['a bell and a backspace', 'a\x07b\x08c\x7f', 'abc'],
    ['a bidi override', 'user\u202Etxt.exe', 'usertxt.exe'],
    ['bidi isolates and marks', '\u2066a\u2069\u200fb\u061c', 'ab'],
    ['zero-width characters', 'a\u200bd\u200dm\ufeffi\u2060n\u00ad', 'admin'],
    ['letters that are not seen', 'a\u3164b\u115fc', 'abc'],
    ['tag characters', 'a\u{E0041}b', 'ab'],
    ['half a surrogate pair', 'a\ud800b', 'a\ufffdb'],
  ])('%s', (_, text, expected) => {
    expect(printable(text)).toBe(expected);
  });

  test('is cut to a number of columns', () => {
    expect(printable('開発チーム', 6)).toBe('開発…');
    expect(printable('abc', 3)).toBe('abc');
  });

  const wild = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc
      .array(
        fc.constantFrom(
          '\x1b',
          '\x9b',
          '\x9d',
          '[',
          ']',
          '8;;',
          'P',
          '0',
          'm',
          '\\',
          '\x07',
          '\n',
          '\u202e',
          '\ud800',
          'é',
        ),
      )
      .map((parts) => parts.join('')),
  );

  test('fuzz: nothing that a terminal obeys or hides is left, in one line', () => {
    fc.assert(
      fc.property(wild, (text) => {
        expect(printable(text)).not.toMatch(
          /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}]/u,
        );
      }),
      fuzz(),
    );
  });

  test('fuzz: what is printable stays as it is', () => {
    fc.assert(
      fc.property(wild, (text) => {
        const once = printable(text);
        expect(printable(once)).toBe(once);
      }),
      fuzz(),
    );
  });

  test('fuzz: never wider than asked for', () => {
    fc.assert(
      fc.property(wild, fc.integer({ min: 0, max: 40 }), (text, width) => {
        expect(textWidth(printable(text, width))).toBeLessThanOrEqual(width);
      }),
      fuzz(),
    );
  });
});
