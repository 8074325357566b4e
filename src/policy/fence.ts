import { many, type PolicyDocument, type Statement } from './document';
import { longestSessionPolicy, readSessionPolicy, tooLong } from './session-policy';

/** What AssumeRole would be sent without the fence. */
export interface Scope {
  /** An inline session policy's text. */
  readonly policy?: string;
  readonly policyArns: readonly string[];
  /** What the inline policy goes by in messages. */
  readonly name?: string;
}

/**
 * Makes a session end before STS's own floor of 15 minutes would let it: from `endsAt` on, everything is denied.
 * It is appended to an inline policy, sent alone beside policy ARNs (their union still grants), and with neither it comes
 * with `Allow *`, since a session policy grants no more than the role has.
 * @param endsAt epoch milliseconds in AWS's time, taken down to the whole second
 * @returns the inline policy to send
 * @throws ZspError `config_invalid` when the policy is not valid, or too long with the fence in
 */
export function fence({ policy, policyArns, name = 'fence' }: Scope, endsAt: number): { readonly policy: string } {
  const document = policy === undefined ? bare(policyArns) : readSessionPolicy(policy, name);
  const fenced = asciiEscaped(
    JSON.stringify({ ...document, Statement: [...many(document.Statement), denyAfter(endsAt)] }),
  );
  const excess = fenced.length - longestSessionPolicy;
  if (excess > 0)
    throw tooLong(name, `has ${fenced.length} characters with the fence that ends it in time, ${excess} too many`);
  return { policy: fenced };
}

function bare(policyArns: readonly string[]): PolicyDocument {
  const all: Statement = { Effect: 'Allow', Action: '*', Resource: '*' };
  return { Version: '2012-10-17', Statement: policyArns.length > 0 ? [] : [all] };
}

function denyAfter(endsAt: number): Statement {
  const instant = new Date(Math.floor(endsAt / 1000) * 1000).toISOString().replace('.000Z', 'Z');
  return {
    Effect: 'Deny',
    Action: '*',
    Resource: '*',
    Condition: { DateGreaterThan: { 'aws:CurrentTime': instant } },
  };
}

/** What was written as an escape above U+00FF must stay one: STS takes no such character. */
function asciiEscaped(json: string): string {
  return json.replace(/[\u0100-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
