import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Answer, type Call, type Pairs, parsePairs } from '../../src/sandbox/wire';
import { parseXml, type XmlElement } from './xml';

/**
 * AWS's own description of a service, and whether a request and an answer are what it describes.
 * https://smithy.io/2.0/aws/protocols/ (rest-json, rest-xml, query); the JSON is botocore's.
 */

interface Member {
  readonly shape: string;
  readonly location?: 'uri' | 'querystring' | 'header' | 'headers' | 'statusCode';
  readonly locationName?: string;
  readonly flattened?: boolean;
}

interface Shape {
  readonly type: string;
  readonly required?: readonly string[];
  readonly members?: Readonly<Record<string, Member>>;
  readonly member?: Member;
  readonly flattened?: boolean;
  readonly enum?: readonly string[];
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: string;
  readonly payload?: string;
  readonly error?: { readonly code?: string; readonly httpStatusCode?: number };
}

interface OperationModel {
  readonly http: { readonly method: string; readonly requestUri: string; readonly responseCode?: number };
  readonly input?: { readonly shape: string };
  readonly output?: { readonly shape: string; readonly resultWrapper?: string };
  readonly errors?: readonly { readonly shape: string }[];
}

export interface ServiceModel {
  readonly metadata: { readonly protocol: string; readonly apiVersion: string; readonly xmlNamespace?: string };
  readonly operations: Readonly<Record<string, OperationModel>>;
  readonly shapes: Readonly<Record<string, Shape>>;
}

/** Members of structures that a model is too old to have, by shape. */
export type Newer = Readonly<Record<string, readonly string[]>>;

const data = '/usr/lib/python3/dist-packages/botocore/data';

/** The newest version of a service's model that Debian's python3-botocore brings. */
export function serviceModel(service: string): ServiceModel {
  const version = readdirSync(join(data, service)).sort().at(-1) ?? '';
  return JSON.parse(readFileSync(join(data, service, version, 'service-2.json'), 'utf8')) as ServiceModel;
}

/** What is wrong with a request: nothing, or one line for each thing. */
export function requestProblems(model: ServiceModel, name: string, call: Call, newer: Newer = {}): readonly string[] {
  const operation = model.operations[name];
  if (!operation) return [`${name}: no such operation`];
  const shape = operation.input?.shape;
  if (model.metadata.protocol === 'query') return queryProblems(model, name, shape, call);
  if (call.method !== operation.http.method) return [`${name}: sent as ${call.method}`];
  return restProblems(model, name, operation, call, newer);
}

function queryProblems(model: ServiceModel, name: string, shape: string | undefined, call: Call): readonly string[] {
  const form = parsePairs(call.body.toString('utf8'), true);
  const get = (key: string) => form.find(([one]) => one === key)?.[1];
  const fields = form.filter(([key]) => key !== 'Action' && key !== 'Version');
  const duplicate = fields.find(([key], index) => fields.findIndex(([one]) => one === key) !== index);
  return [
    ...(call.method === 'POST' && call.path === '/' ? [] : [`${name}: sent as ${call.method} ${call.path}`]),
    ...(get('Action') === name ? [] : [`${name}: Action is ${get('Action')}`]),
    ...(get('Version') === model.metadata.apiVersion ? [] : [`${name}: Version is ${get('Version')}`]),
    ...(/^application\/x-www-form-urlencoded/.test(call.headers['content-type'] ?? '') ? [] : [`${name}: not a form`]),
    ...(duplicate ? [`${name}: ${duplicate[0]} twice`] : []),
    ...(shape ? valueProblems(model, shape, treeOf(fields), name, {}, queryNames) : []),
  ];
}

/** `A.member.1.b=c` → `{ A: { member: { 1: { b: 'c' } } } }` */
function treeOf(fields: Pairs): Record<string, unknown> {
  const tree: Record<string, unknown> = {};
  for (const [key, value] of fields) {
    const path = key.split('.');
    let at = tree;
    for (const part of path.slice(0, -1)) {
      at[part] ??= {};
      at = at[part] as Record<string, unknown>;
    }
    at[path.at(-1) ?? ''] = value;
  }
  return tree;
}

function restProblems(
  model: ServiceModel,
  name: string,
  operation: OperationModel,
  call: Call,
  newer: Newer,
): readonly string[] {
  const [path = '', fixed = ''] = operation.http.requestUri.split('?');
  const labels = path.match(/\{[^}]+\}/g) ?? [];
  const pattern = path.replace(/\{[^}]+\+\}/g, '(.+)').replace(/\{[^}]+\}/g, '([^/]+)');
  const matched = new RegExp(`^${pattern}/?$`).exec(call.path);
  if (!matched) return [`${name}: sent to ${call.path}`];
  const uri = Object.fromEntries(labels.map((label, at) => [label.slice(1, -1).replace('+', ''), matched[at + 1]]));
  const missing = parsePairs(fixed, false).filter(
    ([key, value]) => !call.query.some(([k, v]) => k === key && v === value),
  );
  const input = model.shapes[operation.input?.shape ?? ''] ?? { type: 'structure' };
  const members = Object.entries(input.members ?? {});
  const query = Object.fromEntries(call.query);
  const known = [
    ...members.map(([, member]) => member.locationName),
    ...parsePairs(fixed, false).map(([key]) => key),
    'x-id',
  ];
  const stray = Object.keys(query).filter((key) => !known.includes(key) && !/^X-Amz-/.test(key));
  const body = call.body.length > 0 && !input.payload ? parsedJson(call.body.toString('utf8')) : {};
  const located = members.flatMap(([key, { location, locationName = key }]) => {
    const from = { uri, querystring: query, header: call.headers } as const;
    if (location !== 'uri' && location !== 'querystring' && location !== 'header') return [];
    const value = from[location][location === 'header' ? locationName.toLowerCase() : locationName];
    return value === undefined ? [] : [[key, value]];
  });
  const value = {
    ...(input.payload ? { [input.payload]: call.body.toString('latin1') } : body),
    ...Object.fromEntries(located),
  };
  return [
    ...missing.map(([key]) => `${name}: without ?${key}`),
    ...stray.map((key) => `${name}: unknown query ${key}`),
    ...(operation.input ? valueProblems(model, operation.input.shape, value, name, newer, restNames) : []),
  ];
}

/** What is wrong with an answer, its error's name and status included. `common` are the errors no operation lists. */
export function answerProblems(
  model: ServiceModel,
  name: string,
  answer: Answer,
  common: Readonly<Record<string, number>>,
): readonly string[] {
  const operation = model.operations[name];
  if (!operation) return [`${name}: no such operation`];
  const text = answer.body.toString();
  if (answer.status >= 400) return errorProblems(model, name, operation, answer, text, common);
  const wanted = operation.http.responseCode ?? 200;
  const status = answer.status === wanted ? [] : [`${name}: status ${answer.status}, not ${wanted}`];
  if (!operation.output) return status;
  const { shape, resultWrapper } = operation.output;
  const output = model.shapes[shape] ?? { type: 'structure' };
  if (output.payload) return [...status, ...headerProblems(model, shape, answer, name)];
  if (model.metadata.protocol === 'rest-json') {
    return [...status, ...valueProblems(model, shape, text === '' ? {} : parsedJson(text), name, {}, restNames)];
  }
  if (text === '') return [...status, ...headerProblems(model, shape, answer, name)];
  const root = parseXml(text);
  const wrong =
    root.namespace === (model.metadata.xmlNamespace ?? root.namespace) ? [] : [`${name}: in ${root.namespace}`];
  const inner = resultWrapper ? root.children.find((child) => child.name === resultWrapper) : root;
  if (!inner) return [...status, ...wrong, `${name}: no ${resultWrapper}`];
  return [...status, ...wrong, ...valueProblems(model, shape, inner, name, {}, restNames)];
}

function errorProblems(
  model: ServiceModel,
  name: string,
  operation: OperationModel,
  answer: Answer,
  text: string,
  common: Readonly<Record<string, number>>,
): readonly string[] {
  const listed = (operation.errors ?? []).map(({ shape }) => [shape, model.shapes[shape]?.error ?? {}] as const);
  const code = errorCode(model, answer, text);
  const found = listed.find(([shape, error]) => code === (error.code ?? shape));
  const status = found?.[1].httpStatusCode ?? common[code] ?? (found ? 400 : undefined);
  if (status === undefined) return [`${name}: an error called ${code}`];
  return status === answer.status ? [] : [`${name}: ${code} with status ${answer.status}, not ${status}`];
}

function errorCode(model: ServiceModel, answer: Answer, text: string): string {
  if (model.metadata.protocol === 'rest-json') return answer.headers['x-amzn-errortype']?.split(':')[0] ?? 'none';
  if (text === '') return `HTTP ${answer.status}`;
  const root = parseXml(text);
  const error = model.metadata.protocol === 'query' ? root.children.find(({ name }) => name === 'Error') : root;
  return error?.children.find(({ name }) => name === 'Code')?.text ?? 'none';
}

function headerProblems(model: ServiceModel, shape: string, answer: Answer, path: string): readonly string[] {
  return Object.entries(model.shapes[shape]?.members ?? {}).flatMap(
    ([key, { shape: member, location, locationName = key }]) => {
      const value = answer.headers[locationName.toLowerCase()];
      if (location !== 'header' || value === undefined) return [];
      return valueProblems(model, member, value, `${path}.${key}`, {}, restNames);
    },
  );
}

/** How a protocol calls the member of a structure and the items of a list. */
interface Names {
  member(key: string, member: Member): string;
  items(value: unknown, shape: Shape): readonly unknown[] | undefined;
}

const restNames: Names = {
  member: (key, { locationName, location }) => (location === undefined ? (locationName ?? key) : key),
  items: (value) => (Array.isArray(value) ? value : undefined),
};

const queryNames: Names = {
  member: (key, { locationName }) => locationName ?? key,
  items(value, { flattened }) {
    const holder = (flattened ? value : (value as Record<string, unknown>).member) as
      | Record<string, unknown>
      | undefined;
    const keys = Object.keys(holder ?? {});
    return keys.every((key, at) => key === String(at + 1)) ? Object.values(holder ?? {}) : undefined;
  },
};

function valueProblems(
  model: ServiceModel,
  shapeName: string,
  value: unknown,
  path: string,
  newer: Newer,
  names: Names,
): readonly string[] {
  const shape = model.shapes[shapeName] ?? { type: 'missing' };
  const within = (name: string, one: unknown, at: string) => valueProblems(model, name, one, at, newer, names);
  if (shape.type === 'structure') {
    const given = isElement(value) ? fieldsOf(model, shape, value) : value;
    if (typeof given !== 'object' || given === null || Array.isArray(given)) return [`${path}: not a structure`];
    const fields = given as Readonly<Record<string, unknown>>;
    const members = Object.entries(shape.members ?? {});
    const known = new Map(members.map(([key, member]) => [isElement(value) ? key : names.member(key, member), member]));
    const required = (shape.required ?? []).map((key) => {
      const member = shape.members?.[key];
      return member && !isElement(value) ? names.member(key, member) : key;
    });
    return [
      ...required.filter((key) => fields[key] === undefined).map((key) => `${path}.${key}: missing`),
      ...Object.entries(fields).flatMap(([key, one]) => {
        const member = known.get(key);
        if (one === undefined || one === null) return [];
        if (member) return within(member.shape, one, `${path}.${key}`);
        return newer[shapeName]?.includes(key) ? [] : [`${path}.${key}: unknown`];
      }),
    ];
  }
  if (shape.type === 'list') {
    const items = isElement(value) ? value.children : names.items(value, shape);
    if (!items) return [`${path}: not a list`];
    return [
      ...sizeProblems(shape, items.length, path),
      ...items.flatMap((one, at) => within(shape.member?.shape ?? '', one, `${path}[${at}]`)),
    ];
  }
  return scalarProblems(shape, isElement(value) ? value.text : value, path);
}

/** An element's children by member: a list's own element, or, flattened, its items. */
function fieldsOf(model: ServiceModel, shape: Shape, element: XmlElement): Record<string, unknown> {
  const members = Object.entries(shape.members ?? {});
  const fields: Record<string, unknown> = {};
  for (const child of element.children) {
    const found = members.find(([key, { locationName, shape: name }]) => {
      const { flattened, member } = model.shapes[name] ?? {};
      return child.name === ((flattened && member?.locationName) || locationName || key);
    });
    const [key, member] = found ?? [child.name, undefined];
    if (member && model.shapes[member.shape]?.flattened) {
      const list = fields[key] as XmlElement | undefined;
      fields[key] = { name: key, text: '', namespace: undefined, children: [...(list?.children ?? []), child] };
    } else {
      fields[key] = child;
    }
  }
  return fields;
}

function isElement(value: unknown): value is XmlElement {
  return typeof value === 'object' && value !== null && 'children' in value && 'text' in value;
}

function scalarProblems(shape: Shape, value: unknown, path: string): readonly string[] {
  const text = String(value);
  switch (shape.type) {
    case 'string': {
      if (typeof value !== 'string') return [`${path}: not a string`];
      // Java's patterns hold for the whole text, and `\p{…}` and `\uXXXX` need JavaScript's `u` flag.
      const pattern =
        shape.pattern === undefined || new RegExp(`^(?:${javaScriptPattern(shape.pattern)})$`, 'u').test(value);
      const listed = shape.enum === undefined || shape.enum.includes(value);
      return [
        ...sizeProblems(shape, value.length, path),
        ...(pattern ? [] : [`${path}: not of the pattern ${shape.pattern}`]),
        ...(listed ? [] : [`${path}: ${value} is none of ${shape.enum?.join(', ')}`]),
      ];
    }
    case 'integer':
    case 'long': {
      if (!/^-?\d+$/.test(text)) return [`${path}: not a number`];
      return sizeProblems(shape, Number(text), path);
    }
    case 'boolean':
      return /^(true|false)$/.test(text) ? [] : [`${path}: not a boolean`];
    case 'timestamp': {
      const known = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$|^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/;
      return known.test(text) && !Number.isNaN(Date.parse(text)) ? [] : [`${path}: not a time`];
    }
    case 'blob':
    case 'map':
      return [];
    default:
      return [`${path}: of an unknown type ${shape.type}`];
  }
}

function sizeProblems({ min, max }: Shape, size: number, path: string): readonly string[] {
  const fits = (min === undefined || size >= min) && (max === undefined || size <= max);
  return fits ? [] : [`${path}: ${size} is not within ${min} and ${max}`];
}

function javaScriptPattern(pattern: string): string {
  return pattern
    .replace(/\\u10000-\\u10FFFF/g, '\\u{10000}-\\u{10FFFF}')
    .replace(/\\([_@=:"#%&!~`'<>;,-])/g, (_all, one) => (one === '-' ? '\\-' : one));
}

function parsedJson(text: string): Record<string, unknown> {
  const value: unknown = JSON.parse(text);
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
