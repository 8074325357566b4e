import type { RequestListener } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { createAws } from '../../src/aws/aws';
import { Secret } from '../../src/secret';
import {
  caller,
  deploy,
  errorOf,
  roleCredentials,
  type Server,
  serve,
  shown,
  ssoSessionAt,
  stsAt,
  token,
} from './support';

let server: Server | undefined;
afterEach(() => server?.close());

const quick = { request: 300, call: 2_000 };

async function ask(answer: RequestListener, limits = quick) {
  server = await serve(answer);
  const aws = createAws({ env: {}, now: Date.now, limits });
  return aws.portal.roleCredentials(ssoSessionAt(server.url), token, '111122223333', 'Developer');
}

const answers =
  (status: number, body: string, headers: Record<string, string> = {}): RequestListener =>
  (_request, response) =>
    void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);

const html = '<!DOCTYPE html><title>Hotel Wi-Fi</title>';

const inTheWay: [string, RequestListener, number, RegExp][] = [
  ['a server that never answers', () => {}, 3, /tried 3 times: no answer within 1 s/],
  [
    'an answer that stops in the middle',
    (_request, response) => void response.writeHead(200, { 'content-length': 1000 }).write('{"roleCredentials":'),
    3,
    /no answer within 1 s/,
  ],
  ['a connection that is dropped before the answer', (request) => request.socket.destroy(), 3, /connection dropped/],
  [
    'a connection that is dropped in the middle of the answer',
    (request, response) => {
      response.writeHead(200, { 'content-length': 1000 }).write('{"roleCredentials":', () => request.socket.destroy());
    },
    3,
    /connection dropped/,
  ],
  ['an internal error', answers(500, '{"message":"Internal server error"}'), 3, /tried 3 times: .*HTTP 500|Unknown/],
  ['a load balancer that has nobody to ask', answers(503, '<html>503</html>', { 'content-type': 'text/html' }), 3, /./],
  [
    'a redirect',
    answers(302, '', { location: 'http://127.0.0.1:1/captive' }),
    1,
    /tried once: .*redirect.*captive portal/,
  ],
  ['a web page', answers(200, html, { 'content-type': 'text/html' }), 1, /web page.*captive portal/],
  ['a web page that says 403', answers(403, html), 1, /web page.*captive portal/],
  ['a web page that says 401', answers(401, `\n${html}`), 1, /web page.*captive portal/],
  ['no JSON', answers(200, 'never mind'), 1, /answered something that is not credentials/],
  ['nothing', answers(200, ''), 1, /answered something that is not credentials/],
  ['half of the JSON', answers(200, roleCredentials().slice(0, 50)), 1, /answered something that is not credentials/],
  ['an answer without end', answers(200, `"${'x'.repeat(2_000_000)}"`), 1, /not one of AWS's answers/],
  ['an expiration that has passed', answers(200, roleCredentials({ expiration: 1 })), 1, /not credentials/],
  ['an expiration that is none', answers(200, roleCredentials({ expiration: 'soon' })), 1, /not credentials/],
  ['no secret key', answers(200, roleCredentials({ secretAccessKey: undefined })), 1, /not credentials/],
  ['a session token with a line break', answers(200, roleCredentials({ sessionToken: 'a\nb' })), 1, /not credentials/],
  ['a key ID that is a number', answers(200, roleCredentials({ accessKeyId: 7 })), 1, /not credentials/],
  [
    'a request that AWS calls invalid',
    answers(400, '{"__type":"InvalidRequestException","message":"No."}'),
    1,
    /InvalidRequestException: No\./,
  ],
];

test.each(inTheWay)(
  '%s ends in aws_unavailable, after the right number of tries',
  async (_what, answer, tries, message) => {
    const error = await errorOf(ask(answer));
    expect(error).toMatchObject({ code: 'aws_unavailable', remedy: expect.stringMatching(/^.{10,160}$/) });
    expect(error.message).toMatch(message);
    expect(error.message).toMatch(/^GetRoleCredentials at 127\.0\.0\.1:\d+ failed, tried /);
    expect(server?.requests).toHaveLength(tries);
  },
);

test('a port where nobody listens is named, and tried again', async () => {
  const gone = await serve(() => {});
  await gone.close();
  const aws = createAws({ env: {}, now: Date.now, limits: quick });
  const error = await errorOf(aws.sts.callerIdentity(stsAt(gone.url), caller));
  expect(error.message).toMatch(/^GetCallerIdentity at 127\.0\.0\.1:\d+ failed, tried 3 times: connection refused$/);
});

test('what passes is survived: throttled, then broken, then answered', async () => {
  let asked = 0;
  const session = await ask((request, response) => {
    asked += 1;
    if (asked === 1) return answers(429, '{"message":"slow"}')(request, response);
    if (asked === 2) return request.socket.destroy();
    answers(200, roleCredentials())(request, response);
  });
  expect(session.accessKeyId).toBe('ASIAEXAMPLE');
});

test('Retry-After is waited for', async () => {
  const times: number[] = [];
  await ask((request, response) => {
    times.push(Date.now());
    const throttled = answers(429, '{}', { 'retry-after': '1' });
    (times.length === 1 ? throttled : answers(200, roleCredentials()))(request, response);
  });
  expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(990);
});

test('a Retry-After beyond the time there is ends the call at once', async () => {
  const error = await errorOf(ask(answers(429, '{}', { 'retry-after': '3600' })));
  expect(error).toMatchObject({ code: 'aws_unavailable', remedy: expect.stringContaining('wait') });
  expect(server?.requests).toHaveLength(1);
});

test.each([400, 403, 404, 401])('a %i is not tried again', async (status) => {
  await errorOf(ask(answers(status, '{"message":"No"}')));
  expect(server?.requests).toHaveLength(1);
});

test('a deadline ends a call that would have time of its own', async () => {
  server = await serve(() => {});
  const aws = createAws({
    env: {},
    now: Date.now,
    deadline: Date.now() + 250,
    limits: { request: 5_000, call: 10_000 },
  });
  const started = Date.now();
  const error = await errorOf(aws.portal.logout(ssoSessionAt(server.url), token));
  expect(error.code).toBe('aws_unavailable');
  expect(Date.now() - started).toBeLessThan(4_000);
});

test('after the deadline nothing is sent', async () => {
  server = await serve(() => {});
  const aws = createAws({ env: {}, now: Date.now, deadline: Date.now() - 1 });
  const error = await errorOf(aws.portal.logout(ssoSessionAt(server.url), token));
  expect(error).toMatchObject({ code: 'aws_unavailable', message: expect.stringContaining('no time was left') });
  expect(server.requests).toHaveLength(0);
});

const stsError = (code: string, message: string) =>
  `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>00000000-1111</RequestId></ErrorResponse>`;

async function assume(status: number, body: string, headers: Record<string, string> = {}) {
  server = await serve(answers(status, body, { 'content-type': 'text/xml', ...headers }));
  const aws = createAws({ env: {}, now: Date.now, limits: quick });
  return await errorOf(aws.sts.assumeRole(stsAt(server.url), caller, deploy));
}

test.each([
  ['ExpiredToken', 403, 'sign_in_required'],
  ['InvalidClientTokenId', 403, 'sign_in_required'],
  ['AccessDenied', 403, 'access_denied'],
  ['ValidationError', 400, 'config_invalid'],
  ['MalformedPolicyDocument', 400, 'config_invalid'],
  ['PackedPolicyTooLarge', 400, 'config_invalid'],
  ['RegionDisabledException', 403, 'config_invalid'],
  ['Throttling', 400, 'aws_unavailable'],
  ['InternalFailure', 500, 'aws_unavailable'],
  ['SignatureDoesNotMatch', 403, 'aws_unavailable'],
  ['NeverHeardOfThis', 418, 'aws_unavailable'],
])('%s (%i) from STS is %s', async (code, status, expected) => {
  const error = await assume(status, stsError(code, 'in the words of AWS'));
  expect(error.code).toBe(expected);
  expect(error.remedy).toBeTruthy();
  expect(error.cause).toMatchObject({ name: expect.stringContaining(code), message: 'in the words of AWS', status });
});

test("AWS's words come without control or bidirectional characters, and not too many of them", async () => {
  const error = await assume(400, stsError('ValidationError', `\u202eevil\u2066 &#27;[31m\n${'long '.repeat(200)}`));
  expect(error.message).toMatch(/^[\x20-\x7e…]+$/);
  expect(error.message.length).toBeLessThan(360);
});

test('an answer that repeats what was sent does not get it shown', async () => {
  const { secretAccessKey, sessionToken } = caller;
  const echo = `${secretAccessKey.open()} and ${sessionToken.open()} were refused`;
  for (const code of ['ValidationError', 'AccessDenied', 'Other']) {
    const error = await assume(400, stsError(code, echo), { 'x-amzn-requestid': sessionToken.open() });
    expect(shown(error)).not.toContain(secretAccessKey.open());
    expect(shown(error)).not.toContain(sessionToken.open());
    await server?.close();
  }
});

test('an error keeps no answer, no request and no parser’s quotation of either', async () => {
  const error = await errorOf(ask(answers(200, '{"roleCredentials":{"secretAccessKey":"in-the-answer" oops')));
  expect(shown(error)).not.toContain('in-the-answer');
  expect(error.cause).not.toHaveProperty('$response');
});

test('a skewed clock is named when correcting it did not help', async () => {
  const date = new Date(Date.now() + 63 * 60_000).toUTCString();
  const error = await assume(403, stsError('SignatureDoesNotMatch', 'Signature not yet current'), { date });
  expect(error).toMatchObject({ code: 'aws_unavailable', remedy: expect.stringContaining('clock') });
  expect(error.message).toMatch(/this machine's clock is 1h (2m|3m)? ?behind AWS's$/);
  expect(server?.requests).toHaveLength(2);
});

test.each([
  ['a page on a foreign host', 'https://attacker.example/device'],
  ['plain http', 'http://device.sso.eu-west-1.amazonaws.com/'],
  ['no URL', 'javascript:alert(1)'],
])('a verification URI that is %s is not passed on', async (_what, uri) => {
  const page = { verificationUri: uri, verificationUriComplete: uri };
  server = await serve(
    answers(200, JSON.stringify({ deviceCode: 'd', userCode: 'ABCD-EFGH', expiresIn: 600, interval: 1, ...page })),
  );
  const client = { clientId: 'c', clientSecret: new Secret('s'), expiration: Date.now() + 1e6 };
  const aws = createAws({ env: {}, now: Date.now, limits: quick });
  const error = await errorOf(aws.signIn.startDeviceAuthorization(ssoSessionAt(server.url), client));
  expect(error).toMatchObject({
    code: 'aws_unavailable',
    message: expect.stringContaining('not a device authorization'),
  });
});

test('a call that has ended leaves no connection open', async () => {
  await errorOf(ask((_request, response) => void response.writeHead(200).write('{')));
  await sleep(50);
  expect(server?.requests.every((request) => request.socket.destroyed)).toBe(true);
});
