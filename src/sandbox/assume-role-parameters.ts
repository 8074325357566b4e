import { deflateRawSync } from 'node:zlib';
import type { PolicyDocument } from '../policy/document';
import { readPolicy } from '../policy/document';
import { Refusal } from './wire';

/** Reads AssumeRole's parameters and holds them to AWS's limits: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */

export interface AssumeRoleParameters {
  readonly roleArn: string;
  readonly roleSessionName: string;
  readonly durationSeconds: number | undefined;
  readonly externalId: string | undefined;
  readonly sourceIdentity: string | undefined;
  readonly policy: PolicyDocument | undefined;
  readonly policyArns: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
  readonly transitiveTagKeys: readonly string[];
  /** Percent of the space that policy, policy ARNs and tags may take together; absent when there are none. */
  readonly packedPolicySize: number | undefined;
}

interface Limits {
  readonly min?: number;
  readonly max?: number;
  /** As AWS prints it, and as JavaScript reads it. */
  readonly pattern?: readonly [string, RegExp];
}

const name64: Limits = { min: 2, max: 64, pattern: ['[\\w+=,.@-]*', /^[\w+=,.@-]*$/] };
const arn2048: Limits = {
  min: 20,
  max: 2048,
  pattern: [
    '[\\u0009\\u000A\\u000D\\u0020-\\u007E\\u0085\\u00A0-\\uD7FF\\uE000-\\uFFFD\\u10000-\\u10FFFF]+',
    /^[\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd]+$/,
  ],
};
const tagPattern = ['[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]', /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u] as const;
const tagKey: Limits = { min: 1, max: 128, pattern: [`${tagPattern[0]}+`, tagPattern[1]] };
const tagValue: Limits = { min: 0, max: 256, pattern: [`${tagPattern[0]}*`, tagPattern[1]] };

const limits: Readonly<Record<string, Limits>> = {
  RoleArn: arn2048,
  RoleSessionName: name64,
  SourceIdentity: name64,
  ExternalId: { min: 2, max: 1224, pattern: ['[\\w+=,.@:\\/-]*', /^[\w+=,.@:/-]*$/] },
  Policy: { min: 1, max: 2048, pattern: ['[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+', /^[\t\n\r\x20-\xff]+$/] },
};

/** @throws Refusal ValidationError, MalformedPolicyDocument, PackedPolicyTooLarge, InvalidParameterValue */
export function readParameters(form: ReadonlyMap<string, string>): AssumeRoleParameters {
  const policyArns = members(form, 'PolicyArns').map((at) => form.get(`${at}.arn`) ?? '');
  const tags = members(form, 'Tags').map((at) => [form.get(`${at}.Key`), form.get(`${at}.Value`)] as const);
  const transitiveTagKeys = members(form, 'TransitiveTagKeys').map((at) => form.get(at) ?? '');
  const problems = [
    ...['RoleArn', 'RoleSessionName']
      .filter((name) => !form.has(name))
      .map((name) => violation(null, camel(name), 'Member must not be null')),
    ...Object.entries(limits).flatMap(([name, limit]) => check(form.get(name), camel(name), limit)),
    ...checkDuration(form.get('DurationSeconds')),
    ...(policyArns.length > 10
      ? [violation(`[${policyArns.join(', ')}]`, 'policyArns', 'Member must have length less than or equal to 10')]
      : []),
    ...policyArns.flatMap((arn, index) => check(arn, `policyArns.${index + 1}.member.arn`, arn2048)),
    ...(tags.length > 50
      ? [
          violation(
            `[${tags.map(([key]) => key).join(', ')}]`,
            'tags',
            'Member must have length less than or equal to 50',
          ),
        ]
      : []),
    ...tags.flatMap(([key, value], index) => [
      ...check(key ?? '', `tags.${index + 1}.member.key`, tagKey),
      ...check(value ?? '', `tags.${index + 1}.member.value`, tagValue),
    ]),
  ];
  if (problems.length > 0) {
    const count = `${problems.length} validation error${problems.length > 1 ? 's' : ''} detected`;
    throw new Refusal(400, 'ValidationError', `${count}: ${problems.join('; ')}`);
  }
  const roleArn = form.get('RoleArn') ?? '';
  if (!/^arn:[a-z-]+:iam::\d{12}:role\/.+$/.test(roleArn))
    throw new Refusal(400, 'ValidationError', `${roleArn} is invalid`);
  checkTagKeys(
    tags.map(([key = '']) => key),
    transitiveTagKeys,
  );

  const policy = form.get('Policy');
  return {
    roleArn,
    roleSessionName: form.get('RoleSessionName') ?? '',
    durationSeconds: form.has('DurationSeconds') ? Number(form.get('DurationSeconds')) : undefined,
    externalId: form.get('ExternalId'),
    sourceIdentity: form.get('SourceIdentity'),
    policy: policy === undefined ? undefined : readSessionPolicy(policy),
    policyArns,
    tags: Object.fromEntries(tags.map(([key = '', value = '']) => [key, value])),
    transitiveTagKeys,
    packedPolicySize: packedSize(policy, policyArns, tags),
  };
}

/** `PolicyArns.member.1`, `PolicyArns.member.2`, … as far as they are there. */
function members(form: ReadonlyMap<string, string>, name: string): readonly string[] {
  const numbers = [...form.keys()].map((key) => new RegExp(`^${name}\\.member\\.(\\d+)(\\.|$)`).exec(key)?.[1]);
  const distinct = [...new Set(numbers.filter((one) => one !== undefined))];
  return distinct.sort((a, b) => Number(a) - Number(b)).map((one) => `${name}.member.${one}`);
}

const camel = (name: string) => name.charAt(0).toLowerCase() + name.slice(1);

function violation(value: string | null, at: string, constraint: string): string {
  return `Value ${value === null ? 'null' : `'${value}'`} at '${at}' failed to satisfy constraint: ${constraint}`;
}

function check(value: string | undefined, at: string, { min, max, pattern }: Limits): readonly string[] {
  if (value === undefined) return [];
  const failed: string[] = [];
  if (max !== undefined && value.length > max) failed.push(`Member must have length less than or equal to ${max}`);
  if (min !== undefined && value.length < min) failed.push(`Member must have length greater than or equal to ${min}`);
  if (pattern && !pattern[1].test(value)) failed.push(`Member must satisfy regular expression pattern: ${pattern[0]}`);
  return failed.map((constraint) => violation(value, at, constraint));
}

function checkDuration(value: string | undefined): readonly string[] {
  if (value === undefined) return [];
  if (!/^-?\d+$/.test(value)) throw new Refusal(400, 'MalformedInput', 'Invalid Argument');
  const at = 'durationSeconds';
  if (Number(value) < 900) return [violation(value, at, 'Member must have value greater than or equal to 900')];
  if (Number(value) > 43_200) return [violation(value, at, 'Member must have value less than or equal to 43200')];
  return [];
}

function checkTagKeys(keys: readonly string[], transitive: readonly string[]): void {
  const folded = keys.map((key) => key.toLowerCase());
  if (new Set(folded).size < folded.length) {
    throw new Refusal(
      400,
      'InvalidParameterValue',
      'Duplicate tag keys found. Please note that Tag keys are case insensitive.',
    );
  }
  if (transitive.some((key) => !folded.includes(key.toLowerCase()))) {
    throw new Refusal(
      400,
      'InvalidParameterValue',
      'The specified transitive tag key must be included in the requested tags.',
    );
  }
}

function readSessionPolicy(text: string): PolicyDocument {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw malformed('This policy contains invalid Json', cause);
  }
  try {
    return readPolicy(parsed, 'session');
  } catch (cause) {
    throw malformed('Syntax errors in policy.', cause);
  }
}

function malformed(message: string, cause: unknown): Refusal {
  const refusal = new Refusal(400, 'MalformedPolicyDocument', message);
  refusal.cause = cause;
  return refusal;
}

/** AWS does not publish how it packs. Deflate over the same text stands in: it grows and shrinks for the same reasons. */
const packedBytesAllowed = 1024;

function packedSize(
  policy: string | undefined,
  policyArns: readonly string[],
  tags: readonly (readonly (string | undefined)[])[],
): number | undefined {
  if (policy === undefined && policyArns.length === 0 && tags.length === 0) return undefined;
  const text = [policy ?? '', ...policyArns, ...tags.flat()].join('\n');
  const percent = Math.ceil((deflateRawSync(text).length / packedBytesAllowed) * 100);
  if (percent > 100) {
    const what = policy === undefined ? 'Packed size of session tags' : 'Packed policy';
    throw new Refusal(
      400,
      'PackedPolicyTooLarge',
      `${what} consumes ${percent}% of allotted space, please use smaller policy.`,
    );
  }
  return percent;
}
