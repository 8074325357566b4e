/** What a request tells of itself: values by context key. Keys are compared without regard to case. */
export type Context = Readonly<Record<string, string | readonly string[]>>;

const anyText = Symbol('*');
const anyCharacter = Symbol('?');
/** One token a character, so that a value put in for a variable can never act as a wildcard. */
export type Pattern = readonly (string | typeof anyText | typeof anyCharacter)[];

export interface PatternOptions {
  /** Is `*` and `?` a wildcard here, or itself? */
  readonly wildcards: boolean;
  /** Looks up `${…}`; absent where the policy's Version knows no variables. */
  readonly variable?: (key: string) => string | undefined;
}

/**
 * Reads a policy's text: wildcards, `${key}`, `${key, 'default'}`, and the escapes `${*}`, `${?}`, `${$}`.
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
 * @returns undefined when a variable has neither value nor default: such a text matches nothing
 */
export function compile(text: string, options: PatternOptions): Pattern | undefined {
  const pattern: (string | symbol)[] = [];
  for (const part of text.match(/\$\{[^}]*\}|[^$]+|\$/g) ?? []) {
    if (options.variable && part.startsWith('${') && part.endsWith('}')) {
      const value = resolve(part.slice(2, -1), options.variable);
      if (value === undefined) return undefined;
      pattern.push(...value.split(''));
    } else {
      for (const unit of part.split('')) pattern.push(options.wildcards ? wildcard(unit) : unit);
    }
  }
  return pattern as Pattern;
}

function wildcard(unit: string): string | symbol {
  if (unit === '*') return anyText;
  return unit === '?' ? anyCharacter : unit;
}

function resolve(inside: string, variable: (key: string) => string | undefined): string | undefined {
  if (inside === '*' || inside === '?' || inside === '$') return inside;
  const withDefault = /^([^,]*),\s*'([^']*)'\s*$/.exec(inside);
  const key = (withDefault?.[1] ?? inside).trim();
  return variable(key) ?? withDefault?.[2];
}

/** Does the whole text match? Steps grow with pattern × text at worst, so no policy can make it hang. */
export function matches(pattern: Pattern, text: string): boolean {
  let at = 0;
  let next = 0;
  let star = -1;
  let resume = 0;
  while (at < text.length) {
    const token = pattern[next];
    if (token === anyText) {
      star = next++;
      resume = at;
    } else if (token !== undefined && (token === anyCharacter || token === text[at])) {
      next++;
      at++;
    } else if (star >= 0) {
      next = star + 1;
      at = ++resume;
    } else {
      return false;
    }
  }
  while (pattern[next] === anyText) next++;
  return next === pattern.length;
}

/** Actions know no variables and no case. */
export function actionMatches(pattern: string, action: string): boolean {
  const compiled = compile(pattern.toLowerCase(), { wildcards: true });
  return compiled !== undefined && matches(compiled, action.toLowerCase());
}

/**
 * Compares ARNs segment by segment, so that `*` in one segment does not reach into the next; the sixth holds the rest.
 * A shorter pattern stands for `*` in every segment it leaves out, which makes `*` alone match everything.
 * @returns undefined when a variable in the pattern has no value
 */
export function arnMatches(pattern: string, arn: string, options: PatternOptions): boolean | undefined {
  const wanted = segments(pattern, /\$\{[^}]*\}|:|[^:$]+|\$/g).map((segment) => compile(segment, options));
  const found = segments(arn, /:|[^:]+/g);
  let all = wanted.length <= found.length;
  for (const [index, segment] of wanted.entries()) {
    if (segment === undefined) return undefined;
    all &&= matches(segment, found[index] ?? '');
  }
  return all;
}

function segments(arn: string, tokens: RegExp): readonly string[] {
  const parts = [''];
  for (const token of arn.match(tokens) ?? []) {
    if (token === ':' && parts.length < 6) parts.push('');
    else parts[parts.length - 1] += token;
  }
  return parts;
}
