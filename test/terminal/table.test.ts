import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { table } from '../../src/terminal/table';
import { textWidth } from '../../src/terminal/width';
import { fuzz } from '../support/fuzz';

const titles = ['PROFILE', 'ROLE', 'ENDS'];
const rows = [
  ['dev', 'arn:aws:iam::111122223333:role/Developer', '14:05 (in 58m)'],
  ['開発', 'arn:aws:iam::111122223333:role/deploy', '15:00 (in 2h)'],
];

describe('table', () => {
  test('aligns columns, wide characters too', () => {
    expect(table(titles, rows)).toBe(
      [
        'PROFILE  ROLE                                      ENDS',
        'dev      arn:aws:iam::111122223333:role/Developer  14:05 (in 58m)',
        '開発     arn:aws:iam::111122223333:role/deploy     15:00 (in 2h)',
        '',
      ].join('\n'),
    );
  });

  test('cuts the widest column where the terminal is narrow', () => {
    expect(table(titles, rows, { width: 40 })).toBe(
      [
        'PROFILE  ROLE             ENDS',
        'dev      arn:aws:iam::1…  14:05 (in 58m)',
        '開発     arn:aws:iam::1…  15:00 (in 2h)',
        '',
      ].join('\n'),
    );
  });

  test('becomes records where cutting would leave nothing to read', () => {
    expect(table(titles, rows.slice(0, 1), { width: 20 })).toBe(
      ['PROFILE  dev', 'ROLE     arn:aws:iam::111122223333:role/Developer', 'ENDS     14:05 (in 58m)', ''].join('\n'),
    );
  });

  test('leaves an empty cell out of a record, and names the others as before', () => {
    expect(table(titles, [['dev', '', '14:05 (in 58m)']], { width: 10 })).toBe(
      'PROFILE  dev\nENDS     14:05 (in 58m)\n',
    );
  });

  test.each([
    { width: 41, narrowest: 16, shape: 'PROFILE  ROLE              ENDS\n' },
    { width: 40, narrowest: 16, shape: 'PROFILE  dev\n' },
  ])('cuts to $narrowest columns a cell and no further, at $width', ({ shape, ...options }) => {
    expect(table(titles, rows.slice(0, 1), options).startsWith(shape)).toBe(true);
  });

  test('makes cells printable before they are measured', () => {
    expect(table(['A', 'B'], [['x\x1b[2J', 'y\nz']])).toBe('A  B\nx  y z\n');
  });

  test('lays a style on without moving the columns', () => {
    const red = (text: string) => `<${text}>`;
    expect(table(['A', 'B'], [[{ text: 'x', style: red }, 'y']])).toBe('A  B\n<x>  y\n');
  });

  test('without rows is its heading', () => {
    expect(table(titles, [])).toBe('PROFILE  ROLE  ENDS\n');
  });

  test.each([40, 80])('fuzz: a line that is not a record fits %i columns', (width) => {
    const cells = fc.array(fc.tuple(fc.string({ unit: 'grapheme' }), fc.string(), fc.string()), { maxLength: 5 });
    fc.assert(
      fc.property(cells, (wild) => {
        for (const line of table(titles, wild, { width }).split('\n')) {
          expect(textWidth(line)).toBeLessThanOrEqual(width);
        }
      }),
      fuzz(),
    );
  });
});
