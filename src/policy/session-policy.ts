import { ZspError } from '../errors';
import { type PolicyDocument, readPolicy } from './document';
import { compact, JsonError, readJson } from './json';

/** STS's limit on the text; its packed size is another, which only STS knows: API_AssumeRole, Policy. */
export const longestSessionPolicy = 2048;

/**
 * Checks what STS demands of an inline session policy.
 * Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 * @param name what the policy goes by in messages
 * @returns the text to send: the same policy without the whitespace between its tokens
 * @throws ZspError `config_invalid`, naming the policy, and the line and column or the element that is wrong
 */
export function checkSessionPolicy(text: string, name: string): string {
  readSessionPolicy(text, name);
  const sent = compact(text);
  if (sent.length > longestSessionPolicy) {
    throw tooLong(name, `has ${sent.length} characters, ${sent.length - longestSessionPolicy} too many`);
  }
  return sent;
}

/**
 * Reads a session policy of any length.
 * @throws ZspError `config_invalid`
 */
export function readSessionPolicy(text: string, name: string): PolicyDocument {
  const strange = /[^\t\n\r\x20-\xff]/.exec(text);
  if (strange) {
    const code = (strange[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    throw invalid(name, text, strange.index, `has a character that STS does not take, U+${code}`);
  }
  return readPolicy(parse(text, name), name);
}

function parse(text: string, name: string): unknown {
  try {
    return readJson(text);
  } catch (cause) {
    if (cause instanceof JsonError) throw invalid(name, text, cause.at, cause.message);
    throw cause;
  }
}

/** Also for a policy that is too long only with its fence in. */
export function tooLong(name: string, problem: string): ZspError {
  return new ZspError('config_invalid', `policy ${name} ${problem}: STS takes ${longestSessionPolicy}`, {
    remedy: 'shorten it with wildcards, or move a part into a managed policy and name that in zsp_policy_arns',
  });
}

function invalid(name: string, text: string, at: number, problem: string): ZspError {
  const before = text.slice(0, at).split('\n');
  const position = `line ${before.length}, column ${(before.at(-1) ?? '').length + 1}`;
  return new ZspError('config_invalid', `policy ${name} ${problem} (${position})`, {
    remedy: `correct ${position} of the policy ${name}`,
  });
}
