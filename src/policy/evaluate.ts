import { type ContextReader, conditionsHold, contextReader } from './condition';
import { many, type OneOrMany, type PolicyDocument, type Principals, type Statement } from './document';
import { actionMatches, arnMatches, type Context } from './pattern';

/** Who asks, by every ARN it goes by (the role and the session), and its account. */
export interface Caller {
  readonly principalArns: readonly string[];
  readonly accountId: string;
  /** The identity provider that vouches for someone who is no AWS principal yet. */
  readonly provider?: string;
}

export interface AccessRequest {
  /** `service:Action` */
  readonly action: string;
  /** An ARN, or `*` for an action that has no resource. */
  readonly resource: string;
  readonly context: Context;
  /** Needed where a resource policy names principals. */
  readonly principal?: { readonly arn: string; readonly accountId: string; readonly roleArn?: string };
}

export interface TrustRequest extends Caller {
  readonly action: string;
  readonly context: Context;
}

export interface Policies {
  readonly identity: readonly PolicyDocument[];
  /** A session's inline policy and its managed policies: their union bounds the identity's. Empty means none. */
  readonly session?: readonly PolicyDocument[];
  /** Only their denials count: an allowance here never stands in for the identity's, which is stricter than AWS within one account. */
  readonly resource?: readonly PolicyDocument[];
}

/** `by` names the policies that decided: that denied, or that did not allow. `sid` is the deciding statement's. */
export interface Evaluation {
  readonly decision: 'allow' | 'explicit_deny' | 'implicit_deny';
  readonly by?: 'identity' | 'session' | 'resource';
  readonly sid?: string;
}

/**
 * Decides as IAM does: a denial anywhere wins, then the identity must allow, and the session policies too where there are any.
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function evaluate(policies: Policies, request: AccessRequest): Evaluation {
  const context = contextReader(request.context);
  const session = policies.session ?? [];
  const applies = (statement: Statement, variables: boolean) =>
    actionApplies(statement, request.action) &&
    resourceApplies(statement, request.resource, context, variables) &&
    conditionsApply(statement, context, variables);
  const caller = callerOf(request);
  const results = {
    identity: decide(policies.identity, applies),
    session: decide(session, applies),
    resource: decide(
      policies.resource ?? [],
      (statement, variables) => principalApplies(statement, caller) && applies(statement, variables),
    ),
  } as const;

  for (const by of ['identity', 'session', 'resource'] as const) {
    if (results[by].decision === 'explicit_deny') return { ...results[by], by };
  }
  if (results.identity.decision !== 'allow') return { decision: 'implicit_deny', by: 'identity' };
  if (session.length > 0 && results.session.decision !== 'allow') return { decision: 'implicit_deny', by: 'session' };
  return { ...results.identity, by: 'identity' };
}

/**
 * Does a role's trust policy let this caller in? `Federated` names an identity provider; `Service` principals never match.
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
 */
export function evaluateTrust(document: PolicyDocument, request: TrustRequest): Evaluation {
  const context = contextReader(request.context);
  const result = decide(
    [document],
    (statement, variables) =>
      actionApplies(statement, request.action) &&
      principalApplies(statement, request) &&
      conditionsApply(statement, context, variables),
  );
  return { ...result, by: 'resource' };
}

function callerOf(request: AccessRequest): Caller {
  if (!request.principal) return { principalArns: [], accountId: '' };
  const { arn, roleArn, accountId } = request.principal;
  return { principalArns: roleArn === undefined ? [arn] : [arn, roleArn], accountId };
}

type Applies = (statement: Statement, variables: boolean) => boolean;

function decide(documents: readonly PolicyDocument[], applies: Applies): Evaluation {
  let allowed: Statement | undefined;
  for (const document of documents) {
    const variables = document.Version === '2012-10-17';
    for (const statement of many(document.Statement)) {
      if (statement.Effect === 'Allow' && allowed) continue;
      if (!applies(statement, variables)) continue;
      if (statement.Effect === 'Allow') allowed = statement;
      else return { decision: 'explicit_deny', ...sidOf(statement) };
    }
  }
  return allowed ? { decision: 'allow', ...sidOf(allowed) } : { decision: 'implicit_deny' };
}

function sidOf(statement: Statement): { sid?: string } {
  return statement.Sid === undefined ? {} : { sid: statement.Sid };
}

function actionApplies(statement: Statement, action: string): boolean {
  const listed = (patterns: OneOrMany<string>) => many(patterns).some((pattern) => actionMatches(pattern, action));
  if (statement.NotAction !== undefined) return !listed(statement.NotAction);
  return statement.Action !== undefined && listed(statement.Action);
}

function resourceApplies(statement: Statement, resource: string, context: ContextReader, variables: boolean): boolean {
  const options = variables ? { wildcards: true, variable: context.single } : { wildcards: true };
  const compared = (patterns: OneOrMany<string>) =>
    many(patterns).map((pattern) => arnMatches(pattern, resource, options));
  if (statement.NotResource !== undefined) {
    const results = compared(statement.NotResource);
    if (results.includes(true)) return false;
    // A variable without a value would exempt nothing: that widens a Deny, which is safe, and an Allow, which is not.
    return statement.Effect === 'Deny' || !results.includes(undefined);
  }
  return statement.Resource !== undefined && compared(statement.Resource).includes(true);
}

function conditionsApply(statement: Statement, context: ContextReader, variables: boolean): boolean {
  const undecided = statement.Effect === 'Deny';
  return statement.Condition === undefined || conditionsHold(statement.Condition, context, variables, undecided);
}

function principalApplies(statement: Statement, caller: Caller): boolean {
  if (statement.NotPrincipal !== undefined) {
    // IAM takes NotPrincipal with Deny only, and exempts a caller only if its account, role and session are all named.
    if (statement.Effect === 'Allow') return false;
    const listed = awsPrincipals(statement.NotPrincipal);
    const exempt =
      listed.includes('*') ||
      (namesAccount(listed, caller.accountId) && caller.principalArns.every((arn) => listed.includes(arn)));
    return !exempt;
  }
  if (statement.Principal === undefined) return false;
  if (caller.provider !== undefined) return federatedPrincipals(statement.Principal).includes(caller.provider);
  const listed = awsPrincipals(statement.Principal);
  return (
    listed.includes('*') ||
    namesAccount(listed, caller.accountId) ||
    caller.principalArns.some((arn) => listed.includes(arn))
  );
}

function awsPrincipals(principals: Principals): readonly string[] {
  return principals === '*' ? ['*'] : many(principals.AWS);
}

function federatedPrincipals(principals: Principals): readonly string[] {
  return principals === '*' ? [] : many(principals.Federated);
}

function namesAccount(listed: readonly string[], accountId: string): boolean {
  return listed.some((one) => one === accountId || /^arn:[^:]+:iam::(\d{12}):root$/.exec(one)?.[1] === accountId);
}
