import jsQR from 'jsqr';
import { describe, expect, test } from 'vitest';
import { startProgress } from '../../src/terminal/progress';
import { qrCode } from '../../src/terminal/qrcode';
import { palette, wantsColour } from '../../src/terminal/style';
import { clockTime, until } from '../../src/terminal/time';
import { cutToWidth, textWidth } from '../../src/terminal/width';

describe('colour', () => {
  test.each([
    ['a terminal', { env: {}, isTTY: true }, true],
    ['a pipe', { env: {}, isTTY: undefined }, false],
    ['--no-color', { env: {}, isTTY: true, noColor: true }, false],
    ['NO_COLOR', { env: { NO_COLOR: '1' }, isTTY: true }, false],
    ['an empty NO_COLOR', { env: { NO_COLOR: '' }, isTTY: true }, true],
    ['TERM=dumb', { env: { TERM: 'dumb' }, isTTY: true }, false],
  ])('%s', (_, wish, expected) => {
    expect(wantsColour(wish)).toBe(expected);
  });

  test('styles are the identity when it is off', () => {
    expect(palette(false).red('x')).toBe('x');
    expect(palette(true).red('x')).toBe('\x1b[31mx\x1b[39m');
  });
});

describe('time', () => {
  const at = (text: string) => new Date(text).getTime(); // without Z: in the zone of the process, as the user reads it
  const now = at('2026-01-02T13:07:00');

  test.each([
    ['2026-01-02T14:05:30', '14:05 (in 59m)'],
    ['2026-01-02T13:07:20', '13:07 (in 20s)'],
    ['2026-01-02T14:12:00', '14:12 (in 1h 5m)'],
    ['2026-01-03T01:07:00', '2026-01-03 01:07 (in 12h)'],
    ['2026-01-02T11:07:00', '11:07 (2h ago)'],
  ])('%s is read as %s', (text, expected) => {
    expect(until(at(text), now)).toBe(expected);
  });

  test('a day that is not today is named', () => {
    expect(clockTime(at('2025-12-31T00:00:00'), now)).toBe('2025-12-31 00:00');
  });
});

describe('width', () => {
  test.each([
    ['plain', 5],
    ['開発', 4],
    ['e\u0301', 1],
    ['🚀', 2],
    ['👩‍🚀', 2],
    ['🇩🇪', 2],
    ['ﾊﾝｶｸ', 4],
  ])('%s takes %i columns', (text, width) => {
    expect(textWidth(text)).toBe(width);
  });

  test('a cut never splits a character', () => {
    expect(cutToWidth('👩‍🚀👩‍🚀', 3)).toBe('👩‍🚀…');
    expect(cutToWidth('abc', 0)).toBe('');
  });
});

describe('QR code', () => {
  const url = 'https://device.sso.eu-west-1.amazonaws.com/?user_code=ABCD-EFGH';

  test('a camera reads the address back', () => {
    const drawn = qrCode(url, { columns: 80, coloured: false }) ?? '';
    const { pixels, width, height } = photograph(drawn);
    expect(jsQR(pixels, width, height)?.data).toBe(url);
  });

  test('colour is laid around the same blocks', () => {
    const plain = qrCode(url, { columns: 80, coloured: false }) ?? '';
    const coloured = qrCode(url, { columns: 80, coloured: true }) ?? '';
    expect(coloured.replaceAll('\x1b[97;40m', '').replaceAll('\x1b[0m', '')).toBe(plain);
  });

  test('is left out where the terminal is too narrow', () => {
    expect(qrCode(url, { columns: 20, coloured: false })).toBeUndefined();
  });
});

/** Half blocks as an image: light text on a dark terminal, four pixels a module. */
function photograph(drawn: string): { pixels: Uint8ClampedArray; width: number; height: number } {
  const scale = 4;
  const lines = drawn.trimEnd().split('\n');
  const columns = Math.max(...lines.map((line) => line.length));
  const [width, height] = [columns * scale, lines.length * 2 * scale];
  const pixels = new Uint8ClampedArray(width * height * 4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const row = Math.floor(y / scale);
      const block = lines[row >> 1]?.[Math.floor(x / scale)] ?? ' ';
      const light = block === '█' || block === (row % 2 === 0 ? '▀' : '▄');
      pixels.set(light ? [255, 255, 255, 255] : [0, 0, 0, 255], (y * width + x) * 4);
    }
  }
  return { pixels, width, height };
}

describe('progress', () => {
  function screen(isTTY: boolean) {
    const written: string[] = [];
    return { written, isTTY, columns: 20, write: (text: string) => written.push(text) };
  }

  test('draws one line and takes it away again', () => {
    const output = screen(true);
    const progress = startProgress(output, 'waiting', {});
    progress.update('still waiting for a very long time');
    progress.end();
    expect(output.written).toEqual(['\r\x1b[2K⠋ waiting', '\r\x1b[2K⠙ still waiting fo…', '\r\x1b[2K']);
  });

  test.each([
    ['a pipe', false, {}],
    ['TERM=dumb', true, { TERM: 'dumb' }],
  ])('says nothing to %s', (_, isTTY, env) => {
    const output = screen(isTTY);
    startProgress(output, 'waiting', env).end();
    expect(output.written).toEqual([]);
  });
});
