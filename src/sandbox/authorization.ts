import { type Evaluation, evaluate } from '../policy/evaluate';
import type { Principal } from './issued';
import type { Call } from './wire';

export type RequestContext = Readonly<Record<string, string | string[]>>;

/** The context keys that every request has: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html */
export function globalContext(principal: Principal, call: Call, now: number, region: string): RequestContext {
  return {
    'aws:CurrentTime': new Date(now).toISOString().replace(/\.\d{3}/, ''),
    'aws:EpochTime': String(Math.floor(now / 1000)),
    'aws:PrincipalArn': principal.principalArn,
    'aws:PrincipalAccount': principal.accountId,
    'aws:PrincipalType': principal.kind,
    'aws:RequestedRegion': region,
    'aws:SecureTransport': 'false',
    'aws:SourceIp': call.sourceIp,
    'aws:userid': principal.userId,
    ...(principal.kind === 'User' ? { 'aws:username': principal.arn.replace(/.*\//, '') } : {}),
    ...(principal.sourceIdentity === undefined ? {} : { 'aws:SourceIdentity': principal.sourceIdentity }),
    ...Object.fromEntries(Object.entries(principal.tags).map(([key, value]) => [`aws:PrincipalTag/${key}`, value])),
  };
}

/** Identity policies, bounded by the session's: the first no wins. */
export function decide(principal: Principal, action: string, resource: string, context: RequestContext): Evaluation {
  // To evaluate(), no session policies mean no bound; a session made with an empty list cannot exist, STS refuses it.
  const session = principal.session === undefined ? {} : { session: principal.session };
  return evaluate({ identity: principal.identity, ...session }, { action, resource, context });
}

/**
 * The end of AWS's access denied messages: which kind of policy said no.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
 */
export function denialReason({ decision, by }: Evaluation, action: string): string {
  const kind = policyKinds[by ?? 'identity'];
  if (decision === 'explicit_deny') return `with an explicit deny in ${kind.article} ${kind.name}`;
  return `because no ${kind.name} allows the ${action} action`;
}

const policyKinds = {
  identity: { article: 'an', name: 'identity-based policy' },
  session: { article: 'a', name: 'session policy' },
  resource: { article: 'a', name: 'resource-based policy' },
} as const;
