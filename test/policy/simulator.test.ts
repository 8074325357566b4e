import { runUnsafeSimulation } from '@cloud-copilot/iam-simulate';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { PolicyDocument } from '../../src/policy/document';
import { evaluate } from '../../src/policy/evaluate';
import { fuzz } from '../support/fuzz';
import { type GeneratedRequest, policies, requests } from './arbitraries';

/** The simulator bounds an identity by a permissions boundary exactly as by a session policy, and takes several documents there. */
function simulate(
  identity: readonly PolicyDocument[],
  session: readonly PolicyDocument[],
  { action, resource, context }: GeneratedRequest,
): string {
  const named = (documents: readonly PolicyDocument[]) =>
    documents.map((policy, index) => ({ name: `policy ${index}`, policy }));
  return runUnsafeSimulation(
    {
      request: {
        principal: 'arn:aws:iam::111122223333:role/dev',
        action,
        resource: { resource, accountId: '111122223333' },
        contextVariables: context as Record<string, string | string[]>,
      },
      identityPolicies: named(identity),
      ...(session.length > 0 && { permissionBoundaryPolicies: named(session) }),
      serviceControlPolicies: [],
      resourceControlPolicies: [],
    },
    {},
  );
}

const sameWord = { allow: 'Allowed', explicit_deny: 'ExplicitlyDenied', implicit_deny: 'ImplicitlyDenied' } as const;

test('fuzz: 5,000 requests are decided as an independent simulator decides them', () => {
  const property = fc.property(
    fc.array(policies, { minLength: 1, maxLength: 2 }),
    fc.array(policies, { maxLength: 2 }),
    requests,
    (identity, session, request) => {
      const { decision } = evaluate({ identity, session }, request);
      expect(sameWord[decision]).toBe(simulate(identity, session, request));
    },
  );
  fc.assert(property, { ...fuzz(), numRuns: 5_000 });
});

test('the generated requests meet every decision often, so that agreeing on them means something', () => {
  const decisions = fc
    .sample(fc.tuple(policies, requests), { numRuns: 1_000, seed: 1 })
    .map(([document, request]) => evaluate({ identity: [document] }, request).decision);
  for (const decision of ['allow', 'explicit_deny', 'implicit_deny']) {
    expect(decisions.filter((one) => one === decision).length).toBeGreaterThan(100);
  }
});
