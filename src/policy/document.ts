import { ZspError } from '../errors';

export type OneOrMany<T> = T | readonly T[];
export type ConditionValue = string | number | boolean;
/** Operator → context key → values, all of them ANDed but the values, which are ORed. */
export type ConditionBlock = Readonly<Record<string, Readonly<Record<string, OneOrMany<ConditionValue>>>>>;
/** `"*"`, or principals by kind: `{ "AWS": […] }`. */
export type Principals = '*' | Readonly<Record<string, OneOrMany<string>>>;

export interface Statement {
  readonly Sid?: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Action?: OneOrMany<string>;
  readonly NotAction?: OneOrMany<string>;
  readonly Resource?: OneOrMany<string>;
  readonly NotResource?: OneOrMany<string>;
  readonly Principal?: Principals;
  readonly NotPrincipal?: Principals;
  readonly Condition?: ConditionBlock;
}

/** A policy as IAM writes it: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html */
export interface PolicyDocument {
  readonly Version?: string;
  readonly Id?: string;
  readonly Statement: OneOrMany<Statement>;
}

/** Identity and session policies name resources; a role's trust policy names principals instead. */
export type PolicyKind = 'identity' | 'trust';

const documentKeys = ['Version', 'Id', 'Statement'];
const statementKeys = [
  'Sid',
  'Effect',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Principal',
  'NotPrincipal',
  'Condition',
];

type Fail = (path: string, problem: string) => never;

export function many<T>(value: OneOrMany<T> | undefined): readonly T[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value as T];
}

/**
 * Checks parsed JSON against IAM's policy grammar.
 * @param name what the policy goes by in messages
 * @throws ZspError `config_invalid`, naming the policy and the element, e.g. `Statement[1].Effect`
 */
export function readPolicy(value: unknown, name: string, kind: PolicyKind = 'identity'): PolicyDocument {
  const fail: Fail = (path, problem) => {
    throw new ZspError('config_invalid', `policy ${name}: ${path} ${problem}`, {
      remedy: `correct ${path} in the policy ${name}`,
    });
  };
  if (!isObject(value)) return fail('the document', 'must be a JSON object');
  onlyKeys(value, documentKeys, 'the document', fail);
  if (value.Version !== undefined && value.Version !== '2012-10-17' && value.Version !== '2008-10-17') {
    fail('Version', 'must be "2012-10-17" or "2008-10-17"');
  }
  if (value.Id !== undefined && typeof value.Id !== 'string') fail('Id', 'must be a string');
  if (value.Statement === undefined) fail('Statement', 'is missing');
  const statements = many(value.Statement as OneOrMany<unknown>);
  if (statements.length === 0) fail('Statement', 'must not be empty');
  for (const [index, statement] of statements.entries()) {
    checkStatement(statement, Array.isArray(value.Statement) ? `Statement[${index}]` : 'Statement', kind, fail);
  }
  return value as unknown as PolicyDocument;
}

function checkStatement(statement: unknown, path: string, kind: PolicyKind, fail: Fail): void {
  if (!isObject(statement)) fail(path, 'must be a JSON object');
  onlyKeys(statement, statementKeys, path, fail);
  if (statement.Effect !== 'Allow' && statement.Effect !== 'Deny') fail(`${path}.Effect`, 'must be "Allow" or "Deny"');
  if (statement.Sid !== undefined && !(typeof statement.Sid === 'string' && /^[A-Za-z0-9]*$/.test(statement.Sid))) {
    fail(`${path}.Sid`, 'must be a string of letters and digits');
  }
  exactlyOne(statement, 'Action', path, fail);
  for (const action of checkStrings(statement, 'Action', path, fail)) {
    if (!/^(\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+|\*:\*)$/.test(action))
      fail(`${path}.Action`, 'must be "service:Action" or "*"');
  }
  if (kind === 'identity') {
    forbid(statement, ['Principal', 'NotPrincipal'], path, fail);
    exactlyOne(statement, 'Resource', path, fail);
    for (const resource of checkStrings(statement, 'Resource', path, fail)) {
      if (!/^(\*+|arn:.+)$/s.test(resource)) fail(`${path}.Resource`, 'must be an ARN or "*"');
    }
  } else {
    forbid(statement, ['Resource', 'NotResource'], path, fail);
    exactlyOne(statement, 'Principal', path, fail);
    checkPrincipals(statement.Principal ?? statement.NotPrincipal, `${path}.Principal`, fail);
  }
  if (statement.Condition !== undefined) checkCondition(statement.Condition, `${path}.Condition`, fail);
}

function checkPrincipals(value: unknown, path: string, fail: Fail): void {
  if (value === '*') return;
  if (!isObject(value) || Object.keys(value).length === 0) fail(path, 'must be "*" or an object such as {"AWS": …}');
  for (const kind of Object.keys(value)) checkStrings(value, kind, path, fail);
}

function checkCondition(value: unknown, path: string, fail: Fail): void {
  if (!isObject(value)) fail(path, 'must be a JSON object');
  for (const [operator, keys] of Object.entries(value)) {
    if (!isObject(keys)) fail(`${path}.${printable(operator)}`, 'must be a JSON object');
    for (const [key, values] of Object.entries(keys)) {
      const listed = many(values as OneOrMany<unknown>);
      if (listed.length === 0 || !listed.every((one) => ['string', 'number', 'boolean'].includes(typeof one))) {
        fail(`${path}.${printable(operator)}.${printable(key)}`, 'must be a value or a list of values');
      }
    }
  }
}

function exactlyOne(statement: Record<string, unknown>, key: string, path: string, fail: Fail): void {
  const found = [key, `Not${key}`].filter((one) => statement[one] !== undefined).length;
  if (found !== 1) fail(`${path}.${key}`, found === 0 ? 'is missing' : `and Not${key} exclude each other`);
}

function forbid(statement: Record<string, unknown>, keys: readonly string[], path: string, fail: Fail): void {
  for (const key of keys) if (statement[key] !== undefined) fail(`${path}.${key}`, 'is not allowed here');
}

function checkStrings(holder: Record<string, unknown>, key: string, path: string, fail: Fail): readonly string[] {
  const name = holder[key] === undefined ? `Not${key}` : key;
  const values = many(holder[name] as OneOrMany<unknown>);
  if (values.length === 0 || !values.every((value) => typeof value === 'string' && value !== '')) {
    return fail(`${path}.${printable(name)}`, 'must be a string or a list of strings');
  }
  return values as readonly string[];
}

function onlyKeys(value: Record<string, unknown>, known: readonly string[], path: string, fail: Fail): void {
  const unknown = Object.keys(value).find((key) => !known.includes(key));
  if (unknown !== undefined) fail(path, `has an unknown element ${printable(unknown)}`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A key out of the document, fit for a one-line message. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 60);
}
