const ascii = /^[\x20-\x7e]*$/;
const emoji = /\p{Emoji_Presentation}|\ufe0f/u;
const invisible = /^[\p{M}\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]/u;

/** How many columns a terminal gives a line of text without escape sequences: two for wide characters (UAX #11) and emoji. */
export function textWidth(text: string): number {
  if (ascii.test(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemes(text)) width += graphemeWidth(segment);
  return width;
}

/** At most `width` columns of `text`; what is cut is shown by an ellipsis. */
export function cutToWidth(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  if (width < 1) return '';
  let kept = '';
  let used = 0;
  for (const { segment } of graphemes(text)) {
    used += graphemeWidth(segment);
    if (used > width - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

let segmenter: Intl.Segmenter | undefined;

/** Made when the first text needs it: that takes as long as half a start of Node. */
function graphemes(text: string): Intl.Segments {
  segmenter ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' });
  return segmenter.segment(text);
}

function graphemeWidth(segment: string): number {
  if (emoji.test(segment)) return 2;
  if (invisible.test(segment)) return 0;
  // An ES module, which takes its time: only for text that is not ASCII.
  const { eastAsianWidth } = require('get-east-asian-width') as typeof import('get-east-asian-width');
  return eastAsianWidth(segment.codePointAt(0) ?? 0);
}
