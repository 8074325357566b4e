import { z } from 'zod';
import { parseDuration } from '../duration';
import { isFileEndpoint, isLoopback, regionPattern } from './endpoints';
import { keychainChoices } from './profile';

/**
 * The shape of every key zsp reads. An issue's message is what was expected. Patterns and limits of what STS takes:
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 */

const some = (expected: string) => z.string().regex(/\S/, expected);
const like = (pattern: RegExp, expected: string) => z.string().regex(pattern, expected);

const region = like(regionPattern, 'a region like eu-west-1');
const browser = like(/\{url\}/, 'a command with {url} in it');
const yesNo = z.enum(['true', 'false'], 'true or false').transform((text) => text === 'true');
const required = z.literal('required', '`required`');

const rolePattern = /^arn:aws(?:-cn|-us-gov|-eusc)?:iam::\d{12}:role\/(?:[\x21-\x7e]{1,510}\/)?[\w+=,.@-]{1,64}$/;
const policyArnPattern =
  /^arn:aws(?:-cn|-us-gov|-eusc)?:iam::(?:\d{12}|aws):policy\/(?:[\x21-\x7e]{1,510}\/)?[\w+=,.@-]{1,128}$/;
const tagPattern = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

const duration = z.string().transform((text, context) => {
  try {
    return parseDuration(text, 'zsp_duration');
  } catch {
    context.addIssue({ code: 'custom', message: 'a duration from 1m to 12h, like 30m or 1h30m' });
    return z.NEVER;
  }
});

const list = z.string().transform((text) => text.split(',').map((part) => part.trim()));

const policyArns = list
  .refine((arns) => arns.every((arn) => policyArnPattern.test(arn)), 'policy ARNs, comma separated')
  .refine((arns) => arns.length <= 10, 'at most ten policy ARNs');

const tags = list
  .transform((parts) => parts.map((part): [string, string] => splitAtEquals(part)))
  .refine((pairs) => pairs.every(isTag), 'tags like team=payments,ticket=AB-1, as STS takes them')
  .refine((pairs) => pairs.length <= 50, 'at most 50 tags')
  .refine(
    (pairs) => new Set(pairs.map(([key]) => key.toLowerCase())).size === pairs.length,
    'each tag once: STS does not tell upper from lower case',
  )
  .transform((pairs): Readonly<Record<string, string>> => Object.fromEntries(pairs));

export const profileKeys = z.object({
  region: region.optional(),
  use_fips_endpoint: yesNo.optional(),
  zsp_sso_session: some('the name of an [sso-session]').optional(),
  zsp_sso_account_id: like(/^\d{12}$/, 'an account ID of 12 digits').optional(),
  zsp_sso_role_name: like(/^[\w+=,.@-]{1,64}$/, "a permission set's name").optional(),
  zsp_source_profile: some('the name of a profile').optional(),
  zsp_role_arn: like(rolePattern, 'a role ARN like arn:aws:iam::111122223333:role/NAME').optional(),
  zsp_session_policy: some("a policy's name, an absolute path, or inline JSON").optional(),
  zsp_policy_arns: policyArns.optional(),
  zsp_duration: duration.optional(),
  zsp_role_session_name: like(/^[\w+=,.@-]{2,64}$/, '2 to 64 of A-Z a-z 0-9 _+=,.@-').optional(),
  zsp_external_id: like(/^[\w+=,.@:/-]{2,1224}$/, '2 to 1224 of A-Z a-z 0-9 _+=,.@:/-').optional(),
  zsp_source_identity: like(/^[\w+=,.@-]{2,64}$/, '2 to 64 of A-Z a-z 0-9 _+=,.@-').optional(),
  zsp_session_tags: tags.optional(),
  zsp_transitive_tags: list.optional(),
  zsp_elevation: required.optional(),
  zsp_reason: required.optional(),
  zsp_browser: browser.optional(),
});

export type ProfileKeys = z.infer<typeof profileKeys>;

export const ssoSessionKeys = z.object({
  sso_start_url: z.string().refine(isStartUrl, 'an https URL like https://corp.awsapps.com/start').optional(),
  sso_region: region.optional(),
  sso_registration_scopes: list
    .refine((scopes) => scopes.every((scope) => /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope)), 'scopes, comma separated')
    .optional(),
  zsp_keychain: z.enum(keychainChoices, `one of ${keychainChoices.join(', ')}`).optional(),
  zsp_endpoint_url: z.string().refine(isFileEndpoint, 'an https URL, or a loopback one').optional(),
  zsp_browser: browser.optional(),
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

/** With one of these beside it, some or all SDKs never run `credential_process` (docs/adr/0002). */
export const bypassingKeys = [
  'role_arn',
  'web_identity_token_file',
  'sso_session',
  'sso_start_url',
  'sso_region',
  'sso_account_id',
  'sso_role_name',
  'login_session',
  'aws_access_key_id',
  'aws_secret_access_key',
] as const;

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
