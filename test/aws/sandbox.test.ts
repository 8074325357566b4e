import { afterEach, beforeEach, expect, test } from 'vitest';
import { createAws } from '../../src/aws/aws';
import type { ClientRegistration, DeviceAuthorization } from '../../src/broker/ports';
import { type Sandbox, startSandbox } from '../../src/sandbox/server';
import { Secret } from '../../src/secret';
import { deploy, errorOf, ssoSessionAt, stsAt } from './support';

let sandbox: Sandbox;
let aws: ReturnType<typeof createAws>;
let skewMs = 0;
const at = () => ssoSessionAt(sandbox.url);
const sts = () => stsAt(sandbox.url);

beforeEach(async () => {
  skewMs = 0;
  sandbox = await startSandbox({ clock: () => Date.now() + skewMs, lifetimes: { intervalSeconds: 0 } });
  aws = createAws({ env: {}, now: Date.now });
});
afterEach(() => sandbox.close());

async function start(): Promise<{ client: ClientRegistration; authorization: DeviceAuthorization }> {
  const client = await aws.signIn.registerClient(at(), 'device_code');
  return { client, authorization: await aws.signIn.startDeviceAuthorization(at(), client) };
}

async function signIn() {
  const { client, authorization } = await start();
  sandbox.approve(authorization.userCode);
  const poll = await aws.signIn.pollDeviceToken(at(), client, authorization.deviceCode);
  if (poll.kind !== 'tokens') throw new Error(`the poll said ${poll.kind}`);
  return { client, tokens: poll.tokens };
}

async function developer() {
  const { tokens } = await signIn();
  return await aws.portal.roleCredentials(at(), tokens.accessToken, '111122223333', 'Developer');
}

test('a sign-in goes from the user code to tokens', async () => {
  const { client, authorization } = await start();
  expect(authorization).toMatchObject({ verificationUri: `${sandbox.url}/device`, interval: 5 });
  expect(await aws.signIn.pollDeviceToken(at(), client, authorization.deviceCode)).toEqual({ kind: 'pending' });
  sandbox.approve(authorization.userCode);
  const poll = await aws.signIn.pollDeviceToken(at(), client, authorization.deviceCode);
  expect(poll).toMatchObject({
    kind: 'tokens',
    tokens: { accessToken: expect.any(Secret), refreshToken: expect.any(Secret) },
  });
});

test('a user who says no is an answer, not an error', async () => {
  const { client, authorization } = await start();
  sandbox.deny(authorization.userCode);
  expect(await aws.signIn.pollDeviceToken(at(), client, authorization.deviceCode)).toEqual({ kind: 'denied' });
});

test.each(['slow_down', 'expired_token'])('a poll understands %s', async (error) => {
  const { client, authorization } = await start();
  sandbox.faults.push({ match: {}, action: { status: 400, body: JSON.stringify({ error }) } });
  const kind = error === 'slow_down' ? 'slow_down' : 'expired';
  expect(await aws.signIn.pollDeviceToken(at(), client, authorization.deviceCode)).toEqual({ kind });
});

test('a refresh token buys new tokens once', async () => {
  const { client, tokens } = await signIn();
  const refreshToken = tokens.refreshToken ?? new Secret('');
  const renewed = await aws.signIn.refresh(at(), client, refreshToken);
  expect(renewed.accessToken.open()).not.toBe(tokens.accessToken.open());
  const error = await errorOf(aws.signIn.refresh(at(), client, refreshToken));
  expect(error).toMatchObject({ code: 'sign_in_required', remedy: 'run: zsp login corp' });
});

test.each([
  ['an ended client registration', () => sandbox.forgetRegistrations()],
  ['an ended refresh token', () => sandbox.revokeRefreshTokens()],
])('%s asks for a new sign-in', async (_what, end) => {
  const { client, tokens } = await signIn();
  end();
  const error = await errorOf(aws.signIn.refresh(at(), client, tokens.refreshToken ?? new Secret('')));
  expect(error).toMatchObject({ code: 'sign_in_required', remedy: 'run: zsp login corp' });
});

test('scopes that AWS refuses are named with the key that holds them', async () => {
  const error = await errorOf(
    aws.signIn.registerClient({ ...at(), registrationScopes: ['not a scope'] }, 'device_code'),
  );
  expect(error).toMatchObject({ code: 'config_invalid', remedy: expect.stringContaining('sso_registration_scopes') });
  expect(error.message).toContain('Invalid scope provided');
});

test('the portal gives the credentials of a permission set', async () => {
  const session = await developer();
  expect(session).toMatchObject({ accountId: '111122223333', accessKeyId: expect.stringMatching(/^ASIA/) });
  expect(session.expiration - session.issuedAt).toBeGreaterThan(3_590_000);
  expect(session).not.toHaveProperty('assumedRoleArn');
});

test.each([
  ['a permission set that is not assigned', '444455556666', 'Nobody'],
  ['a locked account', '777788889999', 'Developer'],
])('%s is denied, by name, and signing in again is no remedy', async (_what, account, role) => {
  const { tokens } = await signIn();
  const error = await errorOf(aws.portal.roleCredentials(at(), tokens.accessToken, account, role));
  expect(error).toMatchObject({ code: 'access_denied', remedy: expect.stringContaining('will not help') });
  expect(error.message).toContain(`${role} in account ${account}`);
});

test('a revoked token asks for a new sign-in', async () => {
  const { tokens } = await signIn();
  sandbox.revokeToken();
  const call = aws.portal.roleCredentials(at(), tokens.accessToken, '111122223333', 'Developer');
  expect(await errorOf(call)).toMatchObject({ code: 'sign_in_required', remedy: 'run: zsp login corp' });
});

test('logging out ends the token', async () => {
  const { tokens } = await signIn();
  await aws.portal.logout(at(), tokens.accessToken);
  const error = await errorOf(aws.portal.logout(at(), tokens.accessToken));
  expect(error.code).toBe('sign_in_required');
});

test('the caller has a name', async () => {
  const identity = await aws.sts.callerIdentity(sts(), await developer());
  expect(identity.accountId).toBe('111122223333');
  expect(identity.arn).toMatch(
    /^arn:aws:sts::111122223333:assumed-role\/AWSReservedSSO_Developer_\w+\/alice@corp\.example$/,
  );
});

test('a role is assumed with no parameter that was not asked for', async () => {
  const session = await aws.sts.assumeRole(sts(), await developer(), deploy);
  expect(session).toMatchObject({
    accountId: '444455556666',
    assumedRoleArn: 'arn:aws:sts::444455556666:assumed-role/deploy/alice@corp.example',
  });
  const sent = Object.keys(sandbox.requests.at(-1)?.parameters ?? {});
  expect(sent.filter((name) => !/^(Action|Version)$/.test(name)).sort()).toEqual([
    'DurationSeconds',
    'RoleArn',
    'RoleSessionName',
  ]);
});

test('a role is assumed with every parameter that was asked for', async () => {
  const text = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}]}';
  const session = await aws.sts.assumeRole(sts(), await developer(), {
    ...deploy,
    roleArn: 'arn:aws:iam::444455556666:role/audited',
    durationSeconds: 900,
    policy: { name: 'read', text },
    policyArns: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'],
    tags: { team: 'payments', ticket: 'AB-1' },
    transitiveTags: ['team'],
    externalId: 'corp-vendor-42',
    sourceIdentity: 'alice',
  });
  expect(session.packedPolicySize).toBeGreaterThan(0);
  expect(sandbox.requests.at(-1)?.parameters).toMatchObject({
    DurationSeconds: '900',
    Policy: text,
    'PolicyArns.member.1.arn': 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess',
    'Tags.member.1.Key': 'team',
    'Tags.member.1.Value': 'payments',
    'Tags.member.2.Key': 'ticket',
    'TransitiveTagKeys.member.1': 'team',
    ExternalId: 'corp-vendor-42',
    SourceIdentity: 'alice',
  });
});

test.each([
  ['sts:AssumeRole', { roleArn: 'arn:aws:iam::444455556666:role/denied' }, "the role's trust policy"],
  ['sts:TagSession', { tags: { team: 'payments' } }, "both the caller's permissions and the role's trust policy"],
  ['sts:SetSourceIdentity', { sourceIdentity: 'alice' }, "both the caller's permissions and the role's trust policy"],
])('a denial names the principal, %s and the role', async (permission, changes, remedy) => {
  const request = { ...deploy, ...changes };
  const error = await errorOf(aws.sts.assumeRole(sts(), await developer(), request));
  expect(error).toMatchObject({ code: 'access_denied', remedy: expect.stringContaining(remedy) });
  expect(error.message).toMatch(
    /^arn:aws:sts::111122223333:assumed-role\/AWSReservedSSO_Developer_\w+\/alice@corp\.example may not /,
  );
  expect(error.message).toContain(`may not ${permission} on ${request.roleArn}`);
});

test('credentials that have ended ask for new ones', async () => {
  const session = await developer();
  skewMs = 2 * 3_600_000;
  expect(await errorOf(aws.sts.callerIdentity(sts(), session))).toMatchObject({ code: 'sign_in_required' });
});

test('revoked credentials ask for new ones', async () => {
  const session = await developer();
  sandbox.revokeCredentials();
  expect(await errorOf(aws.sts.assumeRole(sts(), session, deploy))).toMatchObject({ code: 'sign_in_required' });
});

test.each([
  ['a policy that is none', { policy: { name: 'bad', text: '{"not":"a policy"}' } }],
  ['more than an hour when chaining', { durationSeconds: 7200 }],
])("%s is refused in AWS's words", async (_what, changes) => {
  const error = await errorOf(aws.sts.assumeRole(sts(), await developer(), { ...deploy, ...changes }));
  expect(error).toMatchObject({
    code: 'config_invalid',
    message: expect.stringMatching(/^AWS refuses the request: \w+: .+/),
  });
});

test.each([-1, 1])('a clock that is two hours off (%i) signs in AWS time all the same, and is known', async (side) => {
  skewMs = side * 2 * 3_600_000;
  const session = await developer();
  await aws.sts.assumeRole(sts(), session, deploy);
  const alone = createAws({ env: {}, now: Date.now });
  await alone.sts.callerIdentity(sts(), session);
  expect(sandbox.count('GetCallerIdentity')).toBe(2);
  expect(Math.abs((alone.skew() ?? 0) - skewMs)).toBeLessThan(5_000);
});
