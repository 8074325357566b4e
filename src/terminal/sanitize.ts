import { toUSVString } from 'node:util';
import { cutToWidth } from './width';

/** ECMA-48 sequences, 7-bit and 8-bit: control strings (OSC, DCS, SOS, PM, APC) with what they carry, CSI, and plain escapes. */
const sequences =
  /(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|\x1b[ -/]*[0-~]/g;
const spaces = /[\t\n\v\f\r\x85\p{Zl}\p{Zp}]+/gu;
/** Control characters, bidi overrides and isolates, zero-width and other characters that are not seen. */
const unseen = /[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]/gu;

/** What zsp may write besides printable text: its own line ends, tabs and styles. */
const own = /([\n\t]|\x1b\[\d+(?:;\d+)*m)/;

/**
 * Text from outside, made fit for a terminal: one line, nothing that moves the cursor, changes the order of reading or hides.
 * @param width columns after which it is cut, with an ellipsis
 */
export function printable(text: string, width?: number): string {
  const line = toUSVString(text.replace(sequences, '').replace(spaces, ' ').replace(unseen, ''));
  return width === undefined ? line : cutToWidth(line, width);
}

/** A whole answer, as it goes out: whatever was forgotten to be made printable does not get any further than this. */
export function harmless(text: string): string {
  return text
    .split(own)
    .map((part, index) => (index % 2 === 0 ? printable(part) : part))
    .join('');
}

/** JSON text in which everything a terminal would obey or hide is escaped, so that nothing is lost. */
export function printableJson(value: unknown, indent?: number): string {
  const codeUnits = (found: string) =>
    [...Array(found.length).keys()].map((at) => `\\u${found.charCodeAt(at).toString(16).padStart(4, '0')}`).join('');
  return JSON.stringify(value, undefined, indent).replace(
    /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu,
    codeUnits,
  );
}
