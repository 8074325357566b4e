import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createAws } from '../../src/aws/aws';
import type { Poll, Session, Tokens } from '../../src/broker/ports';
import { exitStatus, ZspError } from '../../src/errors';
import { Secret } from '../../src/secret';
import { fuzz } from '../support/fuzz';
import { caller, deploy, roleCredentials, type Server, serve, shown, ssoSessionAt, stsAt, token } from './support';

let server: Server;
let next: { status: number; body: Uint8Array | string; headers: Record<string, string> };
beforeAll(async () => {
  server = await serve((_request, response) => void response.writeHead(next.status, next.headers).end(next.body));
});
afterAll(() => server.close());

const tokenText = token.open();
const keyText = caller.secretAccessKey.open();
const sessionText = caller.sessionToken.open();
const client = { clientId: 'c', clientSecret: token, expiration: Date.now() + 1e9 };

const assumed = `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials><AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`;
const tokens = '{"accessToken":"a","expiresIn":60,"refreshToken":"r"}';
const refused = `<ErrorResponse><Error><Code>AccessDenied</Code><Message>${keyText} ${sessionText}</Message></Error></ErrorResponse>`;

/** An answer of AWS's with a piece cut out and another put in. */
const damaged = fc
  .tuple(
    fc.constantFrom(
      roleCredentials(),
      assumed,
      tokens,
      refused,
      `{"error":"${tokenText}","error_description":"${tokenText}"}`,
    ),
    fc.nat(400),
    fc.nat(40),
    fc.constantFrom('', '"', '}', '<', '&#0;', 'null', '-1', '[]', '__proto__', '\u202e', '\0', tokenText, keyText),
  )
  .map(([text, at, length, piece]) => text.slice(0, at) + piece + text.slice(at + length));

const answer = fc.record({
  // 429 and 5xx are tried again, which faults.test.ts covers and which would take its time here.
  status: fc.constantFrom(200, 200, 200, 201, 204, 302, 400, 400, 401, 403, 404, 418),
  body: fc.oneof(damaged, fc.json(), fc.string(), fc.uint8Array()),
  headers: fc.record(
    {
      'content-type': fc.constantFrom('application/json', 'text/xml', 'text/html', 'x'),
      'x-amzn-errortype': fc.constantFrom('AccessDeniedException:', 'slow_downs', '#', '__proto__', tokenText),
      'x-amzn-requestid': fc.constantFrom('00000000', sessionText, 'x'.repeat(2_000)),
      date: fc.constantFrom('yesterday', new Date().toUTCString(), 'Thu, 01 Jan 1970 00:00:00 GMT'),
    },
    { requiredKeys: [] },
  ),
});

const isWhole = (result: Session | Poll | Tokens | { arn: string }) => {
  if ('arn' in result) return /^[\x21-\x7e]+$/.test(result.arn);
  const kept = 'kind' in result ? (result.kind === 'tokens' ? result.tokens : undefined) : result;
  if (kept === undefined) return true;
  const secrets = 'accessKeyId' in kept ? [kept.secretAccessKey, kept.sessionToken] : [kept.accessToken];
  return (
    secrets.every((secret) => secret instanceof Secret && secret.open() !== '') && Number.isFinite(kept.expiration)
  );
};

type Aws = ReturnType<typeof createAws>;
type Call = (aws: Aws) => Promise<Session | Poll | Tokens | { arn: string }>;
const calls: Readonly<Record<string, Call>> = {
  GetRoleCredentials: (aws) => aws.portal.roleCredentials(ssoSessionAt(server.url), token, '111122223333', 'Developer'),
  AssumeRole: (aws) => aws.sts.assumeRole(stsAt(server.url), caller, deploy),
  GetCallerIdentity: (aws) => aws.sts.callerIdentity(stsAt(server.url), caller),
  'a poll of CreateToken': (aws) => aws.signIn.pollDeviceToken(ssoSessionAt(server.url), client, token),
  'a refresh by CreateToken': (aws) => aws.signIn.refresh(ssoSessionAt(server.url), client, token),
};

test.each(Object.entries(calls))(
  'fuzz: whatever answers %s, it ends in a right answer or a ZspError without secrets',
  async (name, call) => {
    const sent = /AssumeRole|Identity/.test(name) ? [keyText, sessionText] : [tokenText];
    const share = { ...fuzz(), numRuns: Math.ceil((fuzz().numRuns ?? 2_000) / Object.keys(calls).length) };
    await fc.assert(
      fc.asyncProperty(answer, async (answered) => {
        next = { ...answered, body: answered.status === 204 ? '' : answered.body };
        const limits = { request: 2_000, call: 2_500 };
        const aws = createAws({ env: {}, now: Date.now, limits });
        const error = await call(aws).then(
          (result) => void expect(isWhole(result)).toBe(true),
          (thrown: unknown) => thrown,
        );
        if (error === undefined) return;
        if (!(error instanceof ZspError)) throw error;
        expect(Object.keys(exitStatus)).toContain(error.code);
        expect(error.code).not.toBe('internal');
        expect(`${error.message}${error.remedy}`).toMatch(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+$/u);
        for (const secret of sent) expect(shown(error)).not.toContain(secret);
      }),
      share,
    );
  },
  120_000,
);
