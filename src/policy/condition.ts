import { BlockList, isIP } from 'node:net';
import { type ConditionBlock, many } from './document';
import { arnMatches, type Context, compile, matches, type PatternOptions } from './pattern';

/** Compares one value of the request with one of the policy; undefined when they cannot be compared. */
type Comparison = (actual: string, expected: string, options: PatternOptions) => boolean | undefined;
interface Operator {
  readonly compare: Comparison;
  /** Holds when no value compares as true, and when the key is absent. */
  readonly negated: boolean;
}

/**
 * Does every condition hold?
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 * @param undecided the answer for what cannot be decided (an unknown operator, a date that is none): true for a Deny and
 *   false for an Allow, so that doubt never lets a request through
 */
export function conditionsHold(
  block: ConditionBlock,
  context: ContextReader,
  variables: boolean,
  undecided: boolean,
): boolean {
  const options = variables ? { variable: context.single } : {};
  return Object.entries(block).every(([operator, keys]) =>
    Object.entries(keys).every(([key, expected]) => {
      const values = many(expected).map(String);
      return holds(operator, context.values(key), values, options) ?? undecided;
    }),
  );
}

export interface ContextReader {
  values(key: string): readonly string[] | undefined;
  /** The value for a policy variable: only a key with a single value has one. */
  single(key: string): string | undefined;
}

export function contextReader(context: Context): ContextReader {
  const byKey = new Map(Object.entries(context).map(([key, value]) => [key.toLowerCase(), value]));
  return {
    values(key) {
      const value = byKey.get(key.toLowerCase());
      return value === undefined ? undefined : many(value);
    },
    single(key) {
      const value = byKey.get(key.toLowerCase());
      return typeof value === 'string' ? value : undefined;
    },
  };
}

type Variables = Pick<PatternOptions, 'variable'>;

function holds(
  written: string,
  actual: readonly string[] | undefined,
  expected: readonly string[],
  variables: Variables,
): boolean | undefined {
  const name = /^(?:(forallvalues|foranyvalue):)?([a-z]+?)(ifexists)?$/.exec(written.toLowerCase());
  if (!name) return undefined;
  const [, set, base = '', ifExists] = name;
  if (base === 'null') return set || ifExists ? undefined : isNull(actual, expected);
  const operator = operators.get(base);
  if (!operator) return undefined;

  if (actual === undefined || actual.length === 0) {
    if (set === 'forallvalues' || ifExists) return true;
    return set === 'foranyvalue' ? false : operator.negated;
  }
  const each = actual.map((value) => valueHolds(operator, value, expected, variables));
  if (set === 'foranyvalue') return anyOf(each);
  if (set === 'forallvalues') return allOf(each);
  return each.length === 1 ? each[0] : undefined;
}

function isNull(actual: readonly string[] | undefined, expected: readonly string[]): boolean | undefined {
  const absent = actual === undefined || actual.length === 0;
  return anyOf(expected.map((value) => comparable(truth(value), (wanted) => wanted === absent)));
}

function valueHolds(
  operator: Operator,
  actual: string,
  expected: readonly string[],
  variables: Variables,
): boolean | undefined {
  const options = { ...variables, wildcards: true };
  // A variable without a value equals nothing, which IAM documents; what it *differs* from is left undecided.
  const resolved = expected.filter((value) => compile(value, options) !== undefined);
  const found = anyOf(resolved.map((value) => operator.compare(actual, value, options)));
  if (!operator.negated) return found;
  return found === undefined || (!found && resolved.length < expected.length) ? undefined : !found;
}

/** Three-valued: one true decides, otherwise one undecided leaves it undecided. */
function anyOf(results: readonly (boolean | undefined)[]): boolean | undefined {
  return results.includes(true) || (results.includes(undefined) ? undefined : false);
}

function allOf(results: readonly (boolean | undefined)[]): boolean | undefined {
  if (results.includes(false)) return false;
  return results.includes(undefined) ? undefined : true;
}

const text =
  (wildcards: boolean, fold: (value: string) => string = (value) => value): Comparison =>
  (actual, expected, options) => {
    const variable = options.variable;
    const folded = variable ? { variable: (key: string) => foldMaybe(variable(key), fold), wildcards } : { wildcards };
    const pattern = compile(fold(expected), folded);
    return pattern && matches(pattern, fold(actual));
  };

function foldMaybe(value: string | undefined, fold: (value: string) => string): string | undefined {
  return value === undefined ? undefined : fold(value);
}

/** Compares what both sides mean, after the policy's variables were put in. */
const parsed =
  <T>(read: (value: string) => T | undefined, compare: (actual: T, expected: T) => boolean): Comparison =>
  (actual, expected, options) => {
    const plain = compile(expected, { ...options, wildcards: false });
    return comparable(read(actual), (left) =>
      comparable(plain && read(plain.join('')), (right) => compare(left, right)),
    );
  };

function comparable<T, R>(value: T | undefined, then: (value: T) => R): R | undefined {
  return value === undefined ? undefined : then(value);
}

const lowerCase = (value: string) => value.toLowerCase();
const arn: Comparison = (actual, expected, options) =>
  isArn(actual) && isArn(expected) ? arnMatches(expected, actual, options) : undefined;
const isArn = (value: string) => value.split(':').length >= 6;
const order = (read: (value: string) => number | undefined) => ({
  equals: parsed(read, (actual, expected) => actual === expected),
  less: parsed(read, (actual, expected) => actual < expected),
  lessOrEqual: parsed(read, (actual, expected) => actual <= expected),
  greater: parsed(read, (actual, expected) => actual > expected),
  greaterOrEqual: parsed(read, (actual, expected) => actual >= expected),
});
const numeric = order(number);
const date = order(instant);
const ip = parsed(network, (actual, expected) => contains(expected, actual));

const is = (compare: Comparison): Operator => ({ compare, negated: false });
const isNot = (compare: Comparison): Operator => ({ compare, negated: true });

const operators: ReadonlyMap<string, Operator> = new Map([
  ['stringequals', is(text(false))],
  ['stringnotequals', isNot(text(false))],
  ['stringequalsignorecase', is(text(false, lowerCase))],
  ['stringnotequalsignorecase', isNot(text(false, lowerCase))],
  ['stringlike', is(text(true))],
  ['stringnotlike', isNot(text(true))],
  ['arnequals', is(arn)],
  ['arnlike', is(arn)],
  ['arnnotequals', isNot(arn)],
  ['arnnotlike', isNot(arn)],
  ['numericequals', is(numeric.equals)],
  ['numericnotequals', isNot(numeric.equals)],
  ['numericlessthan', is(numeric.less)],
  ['numericlessthanequals', is(numeric.lessOrEqual)],
  ['numericgreaterthan', is(numeric.greater)],
  ['numericgreaterthanequals', is(numeric.greaterOrEqual)],
  ['dateequals', is(date.equals)],
  ['datenotequals', isNot(date.equals)],
  ['datelessthan', is(date.less)],
  ['datelessthanequals', is(date.lessOrEqual)],
  ['dategreaterthan', is(date.greater)],
  ['dategreaterthanequals', is(date.greaterOrEqual)],
  ['bool', is(parsed(truth, (actual, expected) => actual === expected))],
  ['binaryequals', is(parsed(String, (actual, expected) => actual === expected))],
  ['ipaddress', is(ip)],
  ['notipaddress', isNot(ip)],
]);

function truth(value: string): boolean | undefined {
  const folded = value.toLowerCase();
  return folded === 'true' ? true : folded === 'false' ? false : undefined;
}

function number(value: string): number | undefined {
  return /^[+-]?(\d+(\.\d*)?|\.\d+)$/.test(value) ? Number(value) : undefined;
}

/** ISO 8601 as W3C's note on dates has it, or seconds since the epoch; in milliseconds. */
function instant(value: string): number | undefined {
  if (/^\d{5,12}$/.test(value)) return Number(value) * 1000;
  if (!/^\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?)?)?$/.test(value)) return undefined;
  const milliseconds = Date.parse(value);
  return Number.isNaN(milliseconds) ? undefined : milliseconds;
}

interface Network {
  readonly address: string;
  readonly family: 'ipv4' | 'ipv6';
  readonly prefix: number;
}

function network(value: string): Network | undefined {
  const [address = '', length, ...rest] = value.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0 || address.includes('%')) return undefined;
  const bits = version === 4 ? 32 : 128;
  const prefix = length === undefined ? bits : /^\d{1,3}$/.test(length) ? Number(length) : Number.NaN;
  return prefix <= bits ? { address, family: version === 4 ? 'ipv4' : 'ipv6', prefix } : undefined;
}

/** The families are kept apart: an IPv4-mapped IPv6 address is IPv6. */
function contains(outer: Network, inner: Network): boolean {
  if (outer.family !== inner.family || inner.prefix < outer.prefix) return false;
  const list = new BlockList();
  list.addSubnet(outer.address, outer.prefix, outer.family);
  return list.check(inner.address, inner.family);
}
