import * as z from 'zod/mini';
import { parseDuration } from '../duration';
import { isFileEndpoint, isLoopback, regionPattern } from './endpoints';
import { keychainChoices } from './profile';

/**
 * The shape of every key zsp reads. An issue's message is what was expected. Patterns and limits of what STS takes:
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 */

const like = (pattern: RegExp, expected: string) => z.string().check(z.regex(pattern, expected));
const some = (expected: string) => like(/\S/, expected);
const such = (holds: (text: string) => boolean, expected: string) => z.string().check(z.refine(holds, expected));

const region = like(regionPattern, 'a region like eu-west-1');
const browser = like(/\{url\}/, 'a command with {url} in it');
const yesNo = z.pipe(
  z.enum(['true', 'false'], 'true or false'),
  z.transform((text) => text === 'true'),
);
const required = z.literal('required', '`required`');

const rolePattern = /^arn:aws(?:-cn|-us-gov|-eusc)?:iam::\d{12}:role\/(?:[\x21-\x7e]{1,510}\/)?[\w+=,.@-]{1,64}$/;
const policyArnPattern =
  /^arn:aws(?:-cn|-us-gov|-eusc)?:iam::(?:\d{12}|aws):policy\/(?:[\x21-\x7e]{1,510}\/)?[\w+=,.@-]{1,128}$/;
const scopePattern = /^[\x21\x23-\x5b\x5d-\x7e]+$/;
const tagPattern = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

const duration = z.pipe(
  such((text) => seconds(text) !== undefined, 'a duration from 1m to 12h, like 30m or 1h30m'),
  z.transform((text) => seconds(text) ?? 0),
);

const parts = (text: string) => text.split(',').map((part) => part.trim());
const list = z.pipe(z.string(), z.transform(parts));

const policyArns = z.pipe(
  z.string().check(
    z.refine((text) => parts(text).every((arn) => policyArnPattern.test(arn)), 'policy ARNs, comma separated'),
    z.refine((text) => parts(text).length <= 10, 'at most ten policy ARNs'),
  ),
  z.transform(parts),
);

const pairs = (text: string) => parts(text).map(splitAtEquals);
const tags = z.pipe(
  z.string().check(
    z.refine((text) => pairs(text).every(isTag), 'tags like team=payments,ticket=AB-1, as STS takes them'),
    z.refine((text) => pairs(text).length <= 50, 'at most 50 tags'),
    z.refine(
      (text) => new Set(pairs(text).map(([key]) => key.toLowerCase())).size === pairs(text).length,
      'each tag once: STS does not tell upper from lower case',
    ),
  ),
  z.transform((text): Readonly<Record<string, string>> => Object.fromEntries(pairs(text))),
);

export const profileKeys = z.object({
  region: z.optional(region),
  use_fips_endpoint: z.optional(yesNo),
  zsp_sso_session: z.optional(some('the name of an [sso-session]')),
  zsp_sso_account_id: z.optional(like(/^\d{12}$/, 'an account ID of 12 digits')),
  zsp_sso_role_name: z.optional(like(/^[\w+=,.@-]{1,64}$/, "a permission set's name")),
  zsp_source_profile: z.optional(some('the name of a profile')),
  zsp_role_arn: z.optional(like(rolePattern, 'a role ARN like arn:aws:iam::111122223333:role/NAME')),
  zsp_session_policy: z.optional(some("a policy's name, an absolute path, or inline JSON")),
  zsp_policy_arns: z.optional(policyArns),
  zsp_duration: z.optional(duration),
  zsp_role_session_name: z.optional(like(/^[\w+=,.@-]{2,64}$/, '2 to 64 of A-Z a-z 0-9 _+=,.@-')),
  zsp_external_id: z.optional(like(/^[\w+=,.@:/-]{2,1224}$/, '2 to 1224 of A-Z a-z 0-9 _+=,.@:/-')),
  zsp_source_identity: z.optional(like(/^[\w+=,.@-]{2,64}$/, '2 to 64 of A-Z a-z 0-9 _+=,.@-')),
  zsp_session_tags: z.optional(tags),
  zsp_transitive_tags: z.optional(list),
  zsp_elevation: z.optional(required),
  zsp_reason: z.optional(required),
  zsp_browser: z.optional(browser),
});

export type ProfileKeys = z.infer<typeof profileKeys>;

export const ssoSessionKeys = z.object({
  sso_start_url: z.optional(such(isStartUrl, 'an https URL like https://corp.awsapps.com/start')),
  sso_region: z.optional(region),
  sso_registration_scopes: z.optional(
    z.pipe(
      such((text) => parts(text).every((scope) => scopePattern.test(scope)), 'scopes, comma separated'),
      z.transform(parts),
    ),
  ),
  zsp_keychain: z.optional(z.enum(keychainChoices, `one of ${keychainChoices.join(', ')}`)),
  zsp_endpoint_url: z.optional(such(isFileEndpoint, 'an https URL, or a loopback one')),
  zsp_browser: z.optional(browser),
});

/** These shape what AssumeRole is asked for, and mean nothing without it. */
export const scopingKeys = [
  'zsp_session_policy',
  'zsp_policy_arns',
  'zsp_duration',
  'zsp_role_session_name',
  'zsp_external_id',
  'zsp_source_identity',
  'zsp_session_tags',
  'zsp_transitive_tags',
] as const;

/** Undefined for what is no duration. */
function seconds(text: string): number | undefined {
  try {
    return parseDuration(text, 'zsp_duration');
  } catch {
    return undefined;
  }
}

function isStartUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  return !url.username && !url.password && (url.protocol === 'https:' || isLoopback(url));
}

function splitAtEquals(part: string): [string, string] {
  const equals = part.indexOf('=');
  return equals === -1 ? ['', part] : [part.slice(0, equals).trim(), part.slice(equals + 1).trim()];
}

function isTag([key, value]: readonly [string, string]): boolean {
  const isKey = key.length >= 1 && key.length <= 128 && tagPattern.test(key) && !key.toLowerCase().startsWith('aws:');
  return isKey && value.length <= 256 && tagPattern.test(value);
}
