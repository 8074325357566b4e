/** Why a text is not the JSON that AWS takes, and where: an offset in UTF-16 units. */
export class JsonError extends Error {
  readonly at: number;

  constructor(problem: string, at: number) {
    super(problem);
    this.at = at;
  }
}

/** Deeper than any policy; it keeps a hostile text from exhausting the stack. */
const deepest = 64;

/**
 * Reads JSON (RFC 8259) as IAM does: unlike JSON.parse it refuses a key given twice, of which JSON.parse would silently
 * drop one, and it tells the position of an error on every version of Node.
 * @throws JsonError
 */
export function readJson(text: string): unknown {
  let at = 0;

  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) at += found.length;
    return found;
  };
  const skip = () => take(/[ \t\n\r]*/y);
  const expected = (what: string): JsonError =>
    at >= text.length
      ? new JsonError(`ends where ${what} was expected`, at)
      : new JsonError(`has something else where ${what} was expected`, at);

  const string = (what: string): string => {
    const start = at;
    const literal = take(/"[^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*)*"/y);
    if (literal !== undefined) return JSON.parse(literal) as string;
    throw text[start] === '"' ? new JsonError('has a string that is not closed, or not valid', start) : expected(what);
  };

  const object = (depth: number): unknown => {
    const entries = new Map<string, unknown>();
    skip();
    if (take(/\}/y)) return {};
    do {
      skip();
      const start = at;
      const key = string('a key in quotes');
      if (entries.has(key)) throw new JsonError('has the same key twice', start);
      skip();
      if (!take(/:/y)) throw expected('":"');
      entries.set(key, value(depth));
      skip();
    } while (take(/,/y));
    if (!take(/\}/y)) throw expected('"," or "}"');
    return Object.fromEntries(entries);
  };

  const array = (depth: number): unknown => {
    const items: unknown[] = [];
    skip();
    if (take(/\]/y)) return items;
    do {
      items.push(value(depth));
      skip();
    } while (take(/,/y));
    if (!take(/\]/y)) throw expected('"," or "]"');
    return items;
  };

  const value = (depth: number): unknown => {
    if (depth > deepest) throw new JsonError('is nested too deeply', at);
    skip();
    if (take(/\{/y)) return object(depth + 1);
    if (take(/\[/y)) return array(depth + 1);
    const literal = take(/(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.+-])/y);
    return literal === undefined ? string('a value') : JSON.parse(literal);
  };

  const result = value(0);
  skip();
  if (at < text.length) throw new JsonError('goes on after its end', at);
  return result;
}

/** The same JSON without the whitespace between its tokens; what is not JSON stays what it is not. */
export function compact(text: string): string {
  return text.replace(/("[^"\\]*(?:\\.[^"\\]*)*")|[ \t\n\r]+/gs, '$1');
}
