import { CreateTokenCommand, StartDeviceAuthorizationCommand } from '@aws-sdk/client-sso-oidc';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/server';
import { deviceGrant, oidc, refusalOf, register, signIn, startDevice } from './clients';

let sandbox: Sandbox;
let now: number;
beforeEach(async () => {
  now = Date.parse('2026-03-01T12:00:00Z');
  sandbox = await startSandbox({ clock: () => now });
});
afterEach(() => sandbox.close());

async function waitingSignIn() {
  const client = await register(sandbox);
  const device = await startDevice(sandbox, client);
  const { deviceCode } = device;
  const poll = () => oidc(sandbox).send(new CreateTokenCommand({ ...client, grantType: deviceGrant, deviceCode }));
  return { client, device, poll };
}

describe('polling', () => {
  test('is told to wait until the user decides, then gets tokens', async () => {
    const { device, poll } = await waitingSignIn();
    expect(await refusalOf(poll())).toMatchObject({ name: 'AuthorizationPendingException', status: 400 });
    sandbox.approve(device.userCode);
    now += 1000;
    expect(await poll()).toMatchObject({ tokenType: 'Bearer', expiresIn: 28_800, refreshToken: expect.any(String) });
  });

  test('is told that the user said no', async () => {
    const { device, poll } = await waitingSignIn();
    sandbox.deny(device.userCode);
    expect(await refusalOf(poll())).toMatchObject({ name: 'AccessDeniedException', status: 400 });
  });

  test('is told that the code has expired', async () => {
    const { poll } = await waitingSignIn();
    now += 600_000;
    expect(await refusalOf(poll())).toMatchObject({ name: 'ExpiredTokenException', status: 400 });
  });

  test('is slowed down by five seconds each time it is too fast, for good', async () => {
    const { poll } = await waitingSignIn();
    const steps = [
      [0, 'AuthorizationPendingException'],
      [900, 'SlowDownException'],
      [5900, 'SlowDownException'],
      [10_900, 'SlowDownException'],
      [16_000, 'AuthorizationPendingException'],
      [15_900, 'SlowDownException'],
      [21_000, 'AuthorizationPendingException'],
    ] as const;
    for (const [wait, name] of steps) {
      now += wait;
      expect(await refusalOf(poll())).toMatchObject({ name });
    }
  });

  test('spends the device code', async () => {
    const { device, poll } = await waitingSignIn();
    sandbox.approve(device.userCode);
    await poll();
    expect(await refusalOf(poll())).toMatchObject({ name: 'InvalidGrantException', status: 400 });
  });
});

test('an error is written as AWS writes it', async () => {
  const { client, device } = await waitingSignIn();
  const response = await fetch(`${sandbox.url}/token`, {
    method: 'POST',
    body: JSON.stringify({ ...client, grantType: deviceGrant, deviceCode: device.deviceCode }),
  });
  expect(response.status).toBe(400);
  expect(response.headers.get('x-amzn-errortype')).toBe(
    'AuthorizationPendingException:http://internal.amazon.com/coral/com.amazonaws.sso.oidc/',
  );
  expect(response.headers.get('date')).toBe('Sun, 01 Mar 2026 12:00:00 GMT');
  expect(await response.json()).toEqual({
    error: 'authorization_pending',
    error_description: 'Authorization is still pending',
  });
});

describe('a client', () => {
  const start = (client: { clientId: string; clientSecret: string }) =>
    oidc(sandbox).send(new StartDeviceAuthorizationCommand({ ...client, startUrl: 'https://corp.awsapps.com/start' }));

  test.each([
    ['whose secret is wrong', async () => ({ ...(await register(sandbox)), clientSecret: 'wrong' })],
    ['that never registered', async () => ({ clientId: 'nobody', clientSecret: 'none' })],
    [
      'whose registration has ended',
      async () => {
        const client = await register(sandbox);
        now += 90 * 86_400_000;
        return client;
      },
    ],
    [
      'whose registration was forgotten',
      async () => {
        const client = await register(sandbox);
        sandbox.forgetRegistrations();
        return client;
      },
    ],
  ])('%s is an invalid client', async (_name, client) => {
    expect(await refusalOf(start(await client()))).toMatchObject({ name: 'InvalidClientException', status: 401 });
  });

  test('cannot use another client’s device code', async () => {
    const { device } = await waitingSignIn();
    sandbox.approve(device.userCode);
    const other = await register(sandbox);
    const stolen = new CreateTokenCommand({ ...other, grantType: deviceGrant, deviceCode: device.deviceCode });
    expect(await refusalOf(oidc(sandbox).send(stolen))).toMatchObject({ name: 'InvalidGrantException' });
  });

  test('that asks for a grant there is none of is told so', async () => {
    const client = await register(sandbox);
    const command = new CreateTokenCommand({ ...client, grantType: 'password' });
    expect(await refusalOf(oidc(sandbox).send(command))).toMatchObject({ name: 'UnsupportedGrantTypeException' });
  });
});

describe('a refresh token', () => {
  const refresh = (client: { clientId: string; clientSecret: string }, refreshToken: string) =>
    oidc(sandbox).send(new CreateTokenCommand({ ...client, grantType: 'refresh_token', refreshToken }));

  test('gives new tokens once, and the new one again', async () => {
    const { client, refreshToken } = await signIn(sandbox);
    const { refreshToken: second = '' } = await refresh(client, refreshToken);
    expect(second).not.toBe(refreshToken);
    expect(await refusalOf(refresh(client, refreshToken))).toMatchObject({ name: 'InvalidGrantException' });
    expect(await refresh(client, second)).toMatchObject({ expiresIn: 28_800 });
  });

  test.each([
    ['revoked', () => sandbox.revokeRefreshTokens()],
    [
      'too old',
      () => {
        now += 7 * 86_400_000;
      },
    ],
  ])('that is %s is an invalid grant', async (_name, end) => {
    const { client, refreshToken } = await signIn(sandbox);
    end();
    expect(await refusalOf(refresh(client, refreshToken))).toMatchObject({
      name: 'InvalidGrantException',
      status: 400,
    });
  });

  test('comes only with the scope sso:account:access', async () => {
    const client = await register(sandbox, []);
    const { deviceCode, userCode } = await startDevice(sandbox, client);
    sandbox.approve(userCode);
    const command = new CreateTokenCommand({ ...client, grantType: deviceGrant, deviceCode });
    expect((await oidc(sandbox).send(command)).refreshToken).toBeUndefined();
  });
});

describe('the verification page', () => {
  const decide = (userCode: string, decision: string) =>
    fetch(`${sandbox.url}/device`, {
      method: 'POST',
      body: new URLSearchParams({ user_code: userCode, decision, user: 'bob@corp.example' }),
    });

  test('shows the code and takes the decision', async () => {
    const { device, poll } = await waitingSignIn();
    const shown = await fetch(`${device.verificationUriComplete}&user=bob@corp.example`);
    expect(await shown.text()).toContain(`${device.userCode}</strong>`);
    expect(sandbox.pending()).toEqual([device.userCode]);
    expect((await decide(device.userCode, 'approve')).status).toBe(200);
    expect(sandbox.pending()).toEqual([]);
    expect(await poll()).toHaveProperty('accessToken');
  });

  test('denies too', async () => {
    const { device, poll } = await waitingSignIn();
    await decide(device.userCode, 'deny');
    expect(await refusalOf(poll())).toMatchObject({ name: 'AccessDeniedException' });
  });

  test('does not know other codes, and shows nothing of them', async () => {
    const shown = await fetch(`${sandbox.url}/device?user_code=<script>`);
    expect(shown.status).toBe(404);
    expect(await shown.text()).not.toContain('<script>');
  });
});

test('a user who approves by himself does so after the time given', async () => {
  const eager = await startSandbox({ autoApproveMs: 3000, clock: () => now });
  try {
    const client = await register(eager);
    const { deviceCode } = await startDevice(eager, client);
    const poll = () => oidc(eager).send(new CreateTokenCommand({ ...client, grantType: deviceGrant, deviceCode }));
    now += 2000;
    expect(await refusalOf(poll())).toMatchObject({ name: 'AuthorizationPendingException' });
    now += 1000;
    expect(await poll()).toHaveProperty('accessToken');
  } finally {
    await eager.close();
  }
});
