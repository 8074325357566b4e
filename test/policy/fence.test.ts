import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ZspError } from '../../src/errors';
import type { PolicyDocument } from '../../src/policy/document';
import { evaluate } from '../../src/policy/evaluate';
import { fence } from '../../src/policy/fence';
import { checkSessionPolicy } from '../../src/policy/session-policy';
import { fuzz } from '../support/fuzz';
import { policies, requests } from './arbitraries';

const endsAt = Date.UTC(2026, 0, 2, 3, 4, 5, 999);
const wall = {
  Effect: 'Deny',
  Action: '*',
  Resource: '*',
  Condition: { DateGreaterThan: { 'aws:CurrentTime': '2026-01-02T03:04:05Z' } },
};
const fenced = (...scope: Parameters<typeof fence>): PolicyDocument => JSON.parse(fence(...scope).policy);
const everything: PolicyDocument = {
  Version: '2012-10-17',
  Statement: { Effect: 'Allow', Action: '*', Resource: '*' },
};

describe('a fence', () => {
  test('is appended to an inline policy, which keeps its Id and Version', () => {
    const own = { Effect: 'Allow', Action: 's3:*', Resource: '*' };
    const policy = JSON.stringify({ Version: '2008-10-17', Id: 'mine', Statement: own });
    expect(fenced({ policy, policyArns: ['arn:aws:iam::aws:policy/ReadOnlyAccess'] }, endsAt)).toEqual({
      Version: '2008-10-17',
      Id: 'mine',
      Statement: [own, wall],
    });
  });

  test('is sent alone beside policy ARNs, whose union still grants', () => {
    const scope = { policyArns: ['arn:aws:iam::aws:policy/ReadOnlyAccess'] };
    expect(fenced(scope, endsAt)).toEqual({ Version: '2012-10-17', Statement: [wall] });
  });

  test('comes with Allow * where there is no other session policy', () => {
    expect(fenced({ policyArns: [] }, endsAt)).toEqual({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }, wall],
    });
  });

  test('counts the 2,048 characters with itself in', () => {
    const policy = JSON.stringify({
      Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: `arn:aws:s3:::${'x'.repeat(1900)}` }],
    });
    expect(checkSessionPolicy(policy, 'p')).toBe(policy);
    const excess = policy.length + JSON.stringify(wall).length + 1 - 2048;
    const failing = () => fence({ policy, policyArns: [], name: 'deploy-only' }, endsAt);
    expect(failing).toThrow(ZspError);
    expect(failing).toThrow(
      `policy deploy-only has ${2048 + excess} characters with the fence that ends it in time, ${excess} too many`,
    );
  });

  test('keeps escaped what STS would not take as a character', () => {
    const policy =
      '{"Statement":{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::\\u4f60\\ud83d\\ude00\\u00e9"}}';
    const { policy: sent } = fence({ policy, policyArns: [] }, endsAt);
    expect(sent).toMatch(/^[\t\n\r\x20-\xff]+$/);
    expect(JSON.parse(sent).Statement[0].Resource).toBe('arn:aws:s3:::你😀é');
  });

  test('does not take a policy that STS would refuse', () => {
    expect(() => fence({ policy: '{}', policyArns: [], name: 'deploy-only' }, endsAt)).toThrow(
      'policy deploy-only: Statement is missing',
    );
  });
});

describe('a fenced session', () => {
  const scopes = fc.record({
    inline: fc.option(policies, { nil: undefined }),
    managed: fc.array(policies, { maxLength: 2 }),
  });
  type Generated = typeof scopes extends fc.Arbitrary<infer T> ? T : never;
  const decide = (session: readonly PolicyDocument[], request: Parameters<typeof evaluate>[1]) =>
    evaluate({ identity: [everything], session }, request).decision;

  /** The fence as STS gets it: the inline policy, beside the managed ones. */
  const withFence = ({ inline, managed }: Generated, at: number): readonly PolicyDocument[] | undefined => {
    const policyArns = managed.map((_, index) => `arn:aws:iam::aws:policy/P${index}`);
    const scope = inline ? { policy: JSON.stringify(inline), policyArns } : { policyArns };
    try {
      return [fenced(scope, at), ...managed];
    } catch {
      return undefined;
    }
  };
  const without = ({ inline, managed }: Generated): readonly PolicyDocument[] =>
    inline ? [inline, ...managed] : managed;

  test('fuzz: can do until its end exactly what it could without the fence, and nothing after', () => {
    const property = fc.property(scopes, requests, fc.integer({ min: -3600, max: 3600 }), (scope, request, seconds) => {
      const session = withFence(scope, endsAt);
      fc.pre(session !== undefined);
      const now = new Date(Math.floor(endsAt / 1000) * 1000 + seconds * 1000).toISOString();
      const asked = { ...request, context: { ...request.context, 'aws:CurrentTime': now } };
      expect(decide(session, asked)).toBe(seconds > 0 ? 'explicit_deny' : decide(without(scope), asked));
    });
    fc.assert(property, fuzz());
  });
});
