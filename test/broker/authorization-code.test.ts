import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { authorizationCode, type InBrowser } from '../../src/broker/authorization-code';
import type { CallbackAnswer, SignIn } from '../../src/broker/ports';
import { ZspError } from '../../src/errors';
import { Secret } from '../../src/secret';
import { corp, openStage } from '../security/twins';
import { memoryStore } from '../support/memory-store';

const redirectUri = 'http://127.0.0.1:50123/oauth/callback';
const client = {
  clientId: 'client',
  clientSecret: new Secret('client-secret'),
  expiration: 1,
  grant: 'authorization_code',
};

/** A sign-in with a browser that brings this answer; what was asked and done on the way. */
function played(answer: CallbackAnswer | undefined, changes: Partial<SignIn & InBrowser> = {}) {
  const seen = { waits: [] as number[], closed: 0, challenge: '', verifier: '', opened: [] as unknown[] };
  const { world, now } = openStage(memoryStore());
  const signIn = {
    ...world.signIn,
    registerClient: async () => client,
    authorizationUri(_at: unknown, _client: unknown, { codeChallenge }: { readonly codeChallenge: string }) {
      seen.challenge = codeChallenge;
      return 'https://oidc/authorize';
    },
    async redeemCode(_at: unknown, _client: unknown, { codeVerifier }: { readonly codeVerifier: Secret }) {
      seen.verifier = codeVerifier.open();
      return { accessToken: new Secret('access'), expiration: 1 };
    },
    ...changes,
  } as SignIn;
  const close = () => {
    seen.closed += 1;
  };
  const browser: InBrowser = {
    async listen(milliseconds) {
      seen.waits.push(milliseconds);
      return { redirectUri, state: 'state', answer: Promise.resolve(answer), close };
    },
    async open(uri, deadline) {
      seen.opened.push(uri, deadline - now);
      return true;
    },
    ...changes,
  };
  return { seen, granted: authorizationCode({ ...world, signIn }, corp, browser) };
}

const code = { code: new Secret('the-code') };
const tenMinutes = 600_000;

test('the challenge is the digest of a verifier of 43 to 128 characters, new each time (RFC 7636)', async () => {
  const first = played(code);
  expect(await first.granted).toMatchObject({ client: { clientId: 'client', grant: 'authorization_code' } });
  const { verifier, challenge } = first.seen;
  expect(verifier).toMatch(/^[\w.~-]{43,128}$/);
  expect(challenge).toBe(createHash('sha256').update(verifier).digest('base64url'));
  const second = played(code);
  await second.granted;
  expect(second.seen.verifier).not.toBe(verifier);
});

test('nobody is waited for longer than ten minutes, and the way back is closed then', async () => {
  const { seen, granted } = played(undefined);
  await expect(granted).rejects.toMatchObject({
    code: 'sign_in_required',
    message: expect.stringContaining('ten minutes'),
  });
  expect(seen).toMatchObject({
    waits: [tenMinutes],
    opened: ['https://oidc/authorize', tenMinutes],
    closed: 1,
    verifier: '',
  });
});

test.each<[string, Partial<SignIn & InBrowser>, number]>([
  ['nothing can listen', { listen: async () => undefined }, 0],
  ['no browser came', { open: async () => false }, 1],
])('another grant is needed where %s', async (_why, changes, closed) => {
  const { seen, granted } = played(code, changes);
  expect(await granted).toBeUndefined();
  expect(seen).toMatchObject({ closed, verifier: '' });
});

test.each<[string, CallbackAnswer, string]>([
  ['access_denied', { error: 'access_denied', description: '' }, 'access_denied'],
  ['invalid_scope', { error: 'invalid_scope', description: 'x' }, 'config_invalid'],
  ['anything else', { error: 'toString', description: '' }, 'aws_unavailable'],
])('the error %s is an error of ours, and the way back is closed', async (_error, answer, expected) => {
  const { seen, granted } = played(answer);
  await expect(granted).rejects.toMatchObject({ code: expected, remedy: expect.stringContaining('corp') });
  expect(seen).toMatchObject({ closed: 1, verifier: '' });
});

test('the way back is closed where AWS registers nobody', async () => {
  const { seen, granted } = played(code, {
    registerClient: () => Promise.reject(new ZspError('aws_unavailable', 'no')),
  });
  await expect(granted).rejects.toThrow('no');
  expect(seen).toMatchObject({ closed: 1, opened: [] });
});
