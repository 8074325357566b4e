import { isDeepStrictEqual } from 'node:util';
import { ZspError } from '../errors';
import { printable, quoted } from './config-error';
import { type Block, blocksOf, type Entry, entriesOf, isBlank, isContent, linesOf, withValue } from './lines';
import { allSections, type SectionKind, sectionKinds, withoutComment } from './sections';

/** What shall become of one section; of several about one section the later is refused. */
export type Change = SetKeys | RemoveSection;

/** A key set to undefined is removed, one that is not there is added, and so is a section. Keys are in lower case. */
export interface SetKeys {
  readonly kind: SectionKind;
  readonly name: string;
  readonly set: Readonly<Record<string, string | undefined>>;
}

export interface RemoveSection {
  readonly kind: SectionKind;
  readonly name: string;
  readonly remove: true;
}

/** Lines that are taken out, and those that stand there instead. */
export interface Hunk {
  /** In the old file, 1-based. */
  readonly line: number;
  /** The header above, as it is written. */
  readonly section: string | undefined;
  readonly removed: readonly string[];
  readonly added: readonly string[];
}

export interface Edit {
  readonly text: string;
  /** Empty where the file is already as it should be. */
  readonly hunks: readonly Hunk[];
}

/**
 * A config file with some keys and sections changed, and every other byte as it was: comments, blank lines, order,
 * indentation, line endings and the keys of other tools.
 * @throws ZspError `config_invalid` for what cannot be written so that every AWS SDK reads it, or not without changing more
 */
export function editConfig(text: string, changes: readonly Change[]): Edit {
  const draft = newDraft(text);
  const byName = new Map<string, Block[]>();
  for (const block of draft.blocks) byName.set(id(block), [...(byName.get(id(block)) ?? []), block]);
  for (const change of changes) {
    const blocks = byName.get(id(change)) ?? [];
    if ('remove' in change) for (const block of blocks) removeBlock(draft, block);
    else if (blocks.length > 0) setKeys(draft, blocks, change.set);
    else appendSection(draft, change);
  }
  const edit = finish(draft);
  if (edit.hunks.length > 0) checkOnlyAsked(text, edit.text, changes);
  return edit;
}

/** The file's lines, and what shall stand in place of each and after it. */
interface Draft {
  readonly lines: readonly string[];
  readonly blocks: readonly Block[];
  /** `''` takes a line away. */
  readonly replaced: Map<number, string>;
  /** Lines without an ending, after the line of that number. */
  readonly inserted: Map<number, string[]>;
  readonly appended: string[];
  readonly newline: string;
}

function newDraft(text: string): Draft {
  const lines = linesOf(text);
  const newline = lines[0]?.endsWith('\r\n') ? '\r\n' : '\n';
  return { lines, blocks: blocksOf(lines), replaced: new Map(), inserted: new Map(), appended: [], newline };
}

function id({ kind, name }: { readonly kind: SectionKind; readonly name: string }): string {
  return `${kind} ${name}`;
}

function setKeys(draft: Draft, same: readonly Block[], set: SetKeys['set']): void {
  const long = same.filter((block) => !block.short);
  const blocks = long.length > 0 ? long : same;
  const last = blocks.at(-1);
  const entries = blocks.flatMap((block) => entriesOf(draft.lines, block));
  for (const [key, value] of Object.entries(set)) {
    const found = entries.filter((entry) => entry.key === key && entry.under === undefined);
    const winner = found.at(-1);
    if (winner !== undefined && winner.text === value) continue;
    if (value !== undefined) checkValue(key, value);
    // What stood under the key belonged to its old value.
    for (const entry of entries) if (entry.under === key) draft.replaced.set(entry.at, '');
    if (value === undefined) for (const entry of found) draft.replaced.set(entry.at, '');
    else if (winner) draft.replaced.set(winner.at, withValue(draft.lines[winner.at] ?? '', value));
    else if (last) insertKey(draft, last, `${key} = ${value}`);
  }
}

/** After the block's last line that says something, so that comments and blank lines before the next section stay there. */
function insertKey(draft: Draft, block: Block, line: string): void {
  const { lines, inserted } = draft;
  let after = block.end - 1;
  while (after > block.header && !isContent(lines[after])) after -= 1;
  const indentation = indentationOf(entriesOf(lines, block));
  inserted.set(after, [...(inserted.get(after) ?? []), indentation + line]);
}

/** The least there is among the block's own keys: parsers take a line further in for a part of the one above. */
function indentationOf(entries: readonly Entry[]): string {
  const own = entries.filter((entry) => entry.under === undefined);
  if (own.some((entry) => entry.text === '')) return '';
  const [first = '', ...rest] = own.map((entry) => entry.indentation);
  return rest.reduce((least, one) => (one.length < least.length ? one : least), first);
}

function appendSection({ lines, appended }: Draft, { kind, name, set }: SetKeys): void {
  const pairs = Object.entries(set).filter((pair): pair is [string, string] => pair[1] !== undefined);
  if (pairs.length === 0) return;
  for (const [key, value] of pairs) checkValue(key, value);
  const isFirst = lines.length === 0 && appended.length === 0;
  if (!isFirst && !(appended.length === 0 && isBlank(lines.at(-1)))) appended.push('');
  appended.push(header(kind, name), ...pairs.map(([key, value]) => `${key} = ${value}`));
}

/** Quoted where botocore, which splits headers like a shell, would not read one word. */
function header(kind: SectionKind, name: string): string {
  if (kind === 'profile' && name === 'default') return '[default]';
  if (/^[\w@+.%:/=-]+$/.test(name)) return `[${kind} ${name}]`;
  if (/^[^\s"\\[\]#;\p{Cc}\p{Cf}\p{Cs}](?:[^"\\[\]#;\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]*\S)?$/u.test(name))
    return `[${kind} "${name}"]`;
  throw new ZspError('config_invalid', `no AWS config file can hold a ${kind} named ${quoted(name)}`, {
    remedy: 'take a name of letters, digits and _.@+=/:-',
  });
}

function checkValue(key: string, value: string): void {
  const readBack = withoutComment(`${key} = ${value}`) === `${key} = ${value}`;
  if (
    /^[a-z][a-z0-9_-]*$/.test(key) &&
    value !== '' &&
    readBack &&
    value === printable(value) &&
    value === value.trim()
  )
    return;
  throw new ZspError('config_invalid', `${quoted(key)} cannot be set to ${quoted(value)} in a config file`, {
    remedy: 'a key is of letters, digits and _; a value is one line that is not empty and has no # or ; after a space',
  });
}

function removeBlock({ lines, replaced }: Draft, { header: first, end }: Block): void {
  let last = end - 1;
  while (last > first && !isContent(lines[last])) last -= 1;
  // One blank line between sections is enough.
  if (first === 0 || isBlank(lines[first - 1])) while (last + 1 < end && isBlank(lines[last + 1])) last += 1;
  for (let at = first; at <= last; at += 1) replaced.set(at, '');
}

function finish(draft: Draft): Edit {
  const { lines, blocks, replaced, inserted, appended, newline } = draft;
  const touched = [...new Set([...replaced.keys(), ...inserted.keys()])].sort((a, b) => a - b);
  const pieces: string[] = [...lines];
  const hunks: Hunk[] = [];
  let above = -1;
  for (const at of touched) {
    while ((blocks[above + 1]?.header ?? lines.length) <= at) above += 1;
    const old = lines[at] ?? '';
    const now = replaced.get(at) ?? old;
    const more = inserted.get(at) ?? [];
    pieces[at] = more.reduce((text, line) => addLine(text, line, newline), now);
    hunks.push({
      line: at + 1,
      section: blocks[above]?.title,
      removed: now === old ? [] : [bare(old)],
      added: [...(now === old || now === '' ? [] : [bare(now)]), ...more],
    });
  }
  if (appended.length > 0) {
    const before = pieces.join('');
    const gap = before === '' || before.endsWith('\n') ? '' : newline;
    pieces.push(gap, appended.map((line) => line + newline).join(''));
    hunks.push({ line: lines.length + 1, section: undefined, removed: [], added: appended });
  }
  return { text: pieces.join(''), hunks };
}

/** A last line without an ending hands that on to the line after it. */
function addLine(text: string, line: string, newline: string): string {
  if (text === '' || text.endsWith('\n')) return text + line + (text.endsWith('\r\n') ? '\r\n' : newline);
  return text + newline + line;
}

function bare(line: string): string {
  return line.replace(/\r?\n$/, '');
}

type Sections = Map<string, { readonly values: Map<string, string>; readonly strays: readonly string[] }>;

/** In an odd file a line can mean something else once another is gone. Such a file is left alone. */
function checkOnlyAsked(before: string, after: string, changes: readonly Change[]): void {
  const expected = readAll(before);
  for (const change of changes) {
    if ('remove' in change) {
      expected.delete(id(change));
      continue;
    }
    const section = expected.get(id(change)) ?? { values: new Map(), strays: [] };
    if (Object.values(change.set).some((value) => value !== undefined)) expected.set(id(change), section);
    for (const [key, value] of Object.entries(change.set)) {
      if (section.values.get(key) === value) continue;
      for (const name of section.values.keys()) if (name.startsWith(`${key}.`)) section.values.delete(name);
      if (value === undefined) section.values.delete(key);
      else section.values.set(key, value);
    }
  }
  if (isDeepStrictEqual(readAll(after), expected)) return;
  throw new ZspError(
    'config_invalid',
    'the config file is written so oddly that zsp cannot change only what it should',
    {
      remedy: 'see that keys start at the beginning of their lines, and that no two changes are about one section',
    },
  );
}

function readAll(text: string): Sections {
  const sections = sectionKinds.flatMap((kind) =>
    allSections(text, kind).map(({ name, values, strays }) => {
      const texts = new Map([...values].map(([key, value]) => [key, value.text]));
      return [id({ kind, name }), { values: texts, strays: strays.map((stray) => stray.text) }] as const;
    }),
  );
  return new Map(sections);
}
