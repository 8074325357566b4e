import { GetRoleCredentialsCommand, LogoutCommand, SSOClient } from '@aws-sdk/client-sso';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createAws } from '../../src/aws/aws';
import { caller, deploy, errorOf, roleCredentials, type Server, serve, ssoSessionAt, stsAt, token } from './support';

/** zsp makes four calls without the SDK (ADR 0006); the SDK's own clients say what they should look like. */

interface Sent {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly query: Record<string, string>;
  readonly form: Record<string, string>;
  readonly token: unknown;
  readonly sessionToken: unknown;
  readonly contentType: string;
  readonly scope: string | undefined;
}

let server: Server;
let sent: Sent[];
let answer: { status: number; body: string; headers?: Record<string, string> };

beforeEach(async () => {
  sent = [];
  server = await serve(async (request, response) => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    const { pathname, searchParams } = new URL(request.url ?? '', server.url);
    sent.push({
      method: request.method,
      path: pathname,
      query: Object.fromEntries(searchParams),
      form: Object.fromEntries(new URLSearchParams(body)),
      token: request.headers['x-amz-sso_bearer_token'],
      sessionToken: request.headers['x-amz-security-token'],
      contentType: request.headers['content-type']?.split(';')[0] ?? '',
      scope: /Credential=[^/]+\/\d{8}\/([^,]+),/.exec(request.headers.authorization ?? '')?.[1],
    });
    response.writeHead(answer.status, answer.headers).end(answer.body);
  });
});
afterEach(() => server.close());

const ours = () => createAws({ env: {}, now: Date.now, limits: { request: 2_000, call: 2_000 } });
const given = () => ({ endpoint: server.url, region: 'eu-west-1', maxAttempts: 1 });
const sso = () => new SSOClient(given());
const sts = () =>
  new STSClient({
    ...given(),
    credentials: {
      accessKeyId: caller.accessKeyId,
      secretAccessKey: caller.secretAccessKey.open(),
      sessionToken: caller.sessionToken.open(),
    },
  });

const everything = {
  ...deploy,
  policy: { name: 'read', text: '{"Version":"2012-10-17","Statement":[]} +&=%é\n' },
  policyArns: ['arn:aws:iam::aws:policy/One', 'arn:aws:iam::aws:policy/Two'],
  tags: { team: 'payments & co', 'a+b': '' },
  transitiveTags: ['team', 'a+b'],
  externalId: 'corp/42',
  sourceIdentity: 'alice@corp.example',
};

const session = `<Credentials><AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>a+/&amp;&#61;</SecretAccessKey><SessionToken>t==</SessionToken><Expiration>2099-01-02T03:04:05.678Z</Expiration></Credentials>`;
const assumed = `<?xml version="1.0" encoding="UTF-8"?>
<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleResult><AssumedRoleUser><Arn>arn:aws:sts::444455556666:assumed-role/deploy/a</Arn></AssumedRoleUser>${session}<PackedPolicySize>6</PackedPolicySize><SourceIdentity/></AssumeRoleResult>
  <ResponseMetadata><RequestId>1</RequestId></ResponseMetadata>
</AssumeRoleResponse>`;
const identity = `<GetCallerIdentityResponse xmlns="x"><GetCallerIdentityResult><Arn>arn:aws:sts::1:a/b</Arn><UserId>A:b</UserId><Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`;

test('GetRoleCredentials is asked for, and read, as the SDK does', async () => {
  answer = { status: 200, body: roleCredentials({ expiration: 4_000_000_000_123 }) };
  const [accountId, roleName] = ['111122223333', 'Read+Only@x'];
  const mine = await ours().portal.roleCredentials(ssoSessionAt(server.url), token, accountId, roleName);
  const theirs = await sso().send(new GetRoleCredentialsCommand({ accessToken: token.open(), accountId, roleName }));
  expect(sent[0]).toEqual(sent[1]);
  expect(theirs.roleCredentials).toEqual({
    accessKeyId: mine.accessKeyId,
    secretAccessKey: mine.secretAccessKey.open(),
    sessionToken: mine.sessionToken.open(),
    expiration: mine.expiration,
  });
});

test('Logout is asked for as the SDK does', async () => {
  answer = { status: 200, body: '' };
  await ours().portal.logout(ssoSessionAt(server.url), token);
  await sso().send(new LogoutCommand({ accessToken: token.open() }));
  expect(sent[0]).toEqual(sent[1]);
});

test.each([
  ['the least', deploy],
  ['every parameter', everything],
])('AssumeRole with %s is asked for, and read, as the SDK does', async (_what, request) => {
  answer = { status: 200, body: assumed };
  const mine = await ours().sts.assumeRole(stsAt(server.url), caller, request);
  const theirs = await sts().send(
    new AssumeRoleCommand({
      RoleArn: request.roleArn,
      RoleSessionName: request.roleSessionName,
      DurationSeconds: request.durationSeconds,
      Policy: request.policy?.text,
      ...(request.policyArns.length > 0 && { PolicyArns: request.policyArns.map((arn) => ({ arn })) }),
      ...(request === everything && {
        Tags: Object.entries(request.tags).map(([Key, Value]) => ({ Key, Value })),
        TransitiveTagKeys: [...request.transitiveTags],
      }),
      ExternalId: request.externalId,
      SourceIdentity: request.sourceIdentity,
    }),
  );
  expect(sent[0]).toEqual(sent[1]);
  expect(sent[0]?.scope).toBe('eu-west-1/sts/aws4_request');
  expect(theirs.Credentials).toEqual({
    AccessKeyId: mine.accessKeyId,
    SecretAccessKey: mine.secretAccessKey.open(),
    SessionToken: mine.sessionToken.open(),
    Expiration: new Date(mine.expiration),
  });
  expect(theirs.AssumedRoleUser?.Arn).toBe(mine.assumedRoleArn);
  expect(theirs.PackedPolicySize).toBe(mine.packedPolicySize);
});

test('GetCallerIdentity is asked for, and read, as the SDK does', async () => {
  answer = { status: 200, body: identity };
  const mine = await ours().sts.callerIdentity(stsAt(server.url), caller);
  const theirs = await sts().send(new GetCallerIdentityCommand({}));
  expect(sent[0]).toEqual(sent[1]);
  expect(mine).toEqual({ arn: theirs.Arn, accountId: theirs.Account });
});

const error = (code: string) =>
  `<ErrorResponse><Error><Code>${code}</Code><Message>words</Message></Error></ErrorResponse>`;

test.each<[string, number, string, Record<string, string>]>([
  ['the header', 403, '{"message":"words"}', { 'x-amzn-errortype': 'ForbiddenException' }],
  ['the header with a URL', 403, '{"message":"words"}', { 'x-amzn-errortype': 'ForbiddenException:http://x.example/' }],
  ['__type with a namespace', 404, '{"__type":"com.amazonaws#ResourceNotFoundException","message":"words"}', {}],
  ['code', 403, '{"code":"ForbiddenException","Message":"words"}', {}],
])("the portal's error code in %s is the SDK's", async (_where, status, body, headers) => {
  answer = { status, body, headers: { 'content-type': 'application/json', ...headers } };
  const mine = await errorOf(ours().portal.roleCredentials(ssoSessionAt(server.url), token, '1', 'r'));
  const theirs = await sso()
    .send(new GetRoleCredentialsCommand({ accessToken: 't', accountId: '1', roleName: 'r' }))
    .catch((thrown: Error) => thrown);
  expect(mine.cause).toMatchObject({ name: (theirs as Error).name, message: (theirs as Error).message });
});

test.each(['AccessDenied', 'ValidationError', 'NeverHeardOfThis'])("STS's %s is the SDK's", async (code) => {
  answer = { status: 400, body: error(code) };
  const mine = await errorOf(ours().sts.assumeRole(stsAt(server.url), caller, deploy));
  const theirs = await sts()
    .send(new AssumeRoleCommand({ RoleArn: deploy.roleArn, RoleSessionName: 'a' }))
    .catch((thrown: Error) => thrown);
  expect(mine.cause).toMatchObject({ name: (theirs as Error).name, message: (theirs as Error).message });
});
