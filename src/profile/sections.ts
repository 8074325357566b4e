/**
 * Reads `~/.aws/config` as the AWS SDKs do, and where they differ so that no key a user wrote is lost. It runs on every hit:
 * node built-ins only, and one section is found without parsing the rest.
 * Format: https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
 */

export const sectionKinds = ['profile', 'sso-session', 'services'] as const;
export type SectionKind = (typeof sectionKinds)[number];

export interface Value {
  readonly text: string;
  /** 1-based. */
  readonly line: number;
}

export interface Section {
  readonly name: string;
  /** Of the first header, 1-based. */
  readonly line: number;
  /** By lower-case key; of a key written twice, the later. A nested key reads `s3.addressing_style`; a value may be empty. */
  readonly values: ReadonlyMap<string, Value>;
  /** Lines that mean something to somebody, but are neither a header nor `key = value`: the resolver refuses them. */
  readonly strays: readonly Value[];
}

interface Header {
  readonly name: string;
  /** `[default]`, which `[profile default]` replaces. */
  readonly short: boolean;
  readonly start: number;
  readonly end: number;
}

/** Sections of the same name are read as one. */
export function findSection(text: string, kind: SectionKind, name: string): Section | undefined {
  return readSection(
    text,
    headers(text, kind, name).filter((header) => header.name === name),
  );
}

/** Every section of a kind, in the file's order. */
export function allSections(text: string, kind: SectionKind): Section[] {
  const byName = new Map<string, Header[]>();
  for (const header of headers(text, kind)) {
    const same = byName.get(header.name);
    if (same) same.push(header);
    else byName.set(header.name, [header]);
  }
  return [...byName.values()].flatMap((same) => readSection(text, same) ?? []);
}

/** Each name once, in the file's order. */
export function sectionNames(text: string, kind: SectionKind): string[] {
  return [...new Set(headers(text, kind).map((header) => header.name))];
}

/** Whether `key` is one of zsp's, also where it slipped under another key by its indentation. */
export function isZspKey(key: string): boolean {
  return key.startsWith('zsp_') || key.includes('.zsp_');
}

/** @param name looked for first, since the engine finds it in a fraction of the time that looking at every header takes */
function headers(text: string, kind: SectionKind, name?: string): Header[] {
  const needle = kind === 'profile' ? name || '[' : `[${kind}`;
  const found: Header[] = [];
  for (let at = text.indexOf(needle); at !== -1; ) {
    const start = text.lastIndexOf('\n', at - 1) + 1;
    const end = lineEnd(text, at);
    const header = headerAt(text, kind, start, end);
    if (header) found.push(header);
    at = text.indexOf(needle, end + 1);
  }
  return found;
}

function headerAt(text: string, kind: SectionKind, start: number, end: number): Header | undefined {
  const line = text.slice(start, end).trimStart();
  const inside = line.startsWith('[') ? headerText(withoutComment(line)) : undefined;
  const name = inside === undefined ? undefined : nameIn(inside, kind);
  return name === undefined ? undefined : { name, short: inside === 'default', start, end };
}

/** @param inside what stands between a header's brackets */
export function nameIn(inside: string, kind: SectionKind): string | undefined {
  if (kind === 'profile' && inside === 'default') return 'default';
  const match = /^\s+(?:"([^"]+)"|'([^']+)'|(.+))$/s.exec(inside.slice(kind.length));
  return inside.startsWith(kind) ? (match?.[1] ?? match?.[2] ?? match?.[3]) : undefined;
}

function readSection(text: string, same: readonly Header[]): Section | undefined {
  const long = same.filter((header) => !header.short);
  const counted = long.length > 0 ? long : same;
  const [first] = counted;
  if (!first) return undefined;
  const values = new Map<string, Value>();
  const strays: Value[] = [];
  for (const header of counted) readBody(text, header.end + 1, values, strays);
  return {
    name: first.name,
    get line() {
      return lineOf(text, first.start);
    },
    values,
    strays,
  };
}

/** Reads lines up to the next header. */
function readBody(text: string, start: number, values: Map<string, Value>, strays: Value[]): void {
  let nestedIn: string | undefined;
  for (let at = start; at < text.length; ) {
    const end = lineEnd(text, at);
    const raw = text.slice(at, end);
    const value = locate(text, at);
    const line = withoutComment(raw);
    at = end + 1;
    if (line.startsWith('[')) {
      if (headerText(line) !== undefined) return;
      strays.push(value(line));
      continue;
    }
    const equals = line.indexOf('=');
    if (equals < 1) {
      if (line.toLowerCase().startsWith('zsp_')) strays.push(value(line));
      continue;
    }
    const key = line.slice(0, equals).trimEnd().toLowerCase();
    const content = line.slice(equals + 1).trimStart();
    if (!/^\s/.test(raw)) nestedIn = undefined;
    values.set(nestedIn === undefined ? key : `${nestedIn}.${key}`, value(content));
    if (content === '' && nestedIn === undefined) nestedIn = key;
  }
}

/** Lines are counted only when an error asks: counting 60,000 of them costs more than finding the section. */
function locate(text: string, at: number): (content: string) => Value {
  return (content) => ({
    text: content,
    get line() {
      return lineOf(text, at);
    },
  });
}

function lineOf(text: string, at: number): number {
  let line = 1;
  for (let end = text.indexOf('\n'); end !== -1 && end < at; end = text.indexOf('\n', end + 1)) line += 1;
  return line;
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end === -1 ? text.length : end;
}

/** A comment is a `#` or `;` at the start or after whitespace. `trim` takes a carriage return and a byte order mark with it. */
export function withoutComment(line: string): string {
  const comment = /(?:^|\s)[#;]/.exec(line);
  return (comment ? line.slice(0, comment.index) : line).trim();
}

/** What stands between the brackets, or undefined where the line is no header. */
export function headerText(line: string): string | undefined {
  return line.startsWith('[') && line.endsWith(']') ? line.slice(1, -1).trim() : undefined;
}
