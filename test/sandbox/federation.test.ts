import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/server';
import { assume, type Keys, permissionSet, roleArn } from './clients';

let sandbox: Sandbox;
let developer: Keys;
let deploy: Keys;
let offset = 0;
beforeAll(async () => {
  sandbox = await startSandbox({ clock: () => Date.now() + offset });
  developer = await permissionSet(sandbox);
  deploy = await assume(sandbox, developer, { RoleArn: roleArn('deploy') });
});
afterAll(() => sandbox.close());

const get = (fields: Record<string, string>) => fetch(`${sandbox.url}/federation?${new URLSearchParams(fields)}`);
const session = ({ accessKeyId, secretAccessKey, sessionToken = '' }: Keys) =>
  JSON.stringify({ sessionId: accessKeyId, sessionKey: secretAccessKey, sessionToken });
const signInToken = (keys: Keys, more: Record<string, string> = {}) =>
  get({ Action: 'getSigninToken', Session: session(keys), ...more });
const destination = 'https://console.aws.amazon.com/s3/';
const login = (SigninToken: string) => get({ Action: 'login', Issuer: 'zsp', Destination: destination, SigninToken });

test('a session’s keys become a console session, once', async () => {
  const { SigninToken } = (await (await signInToken(deploy)).json()) as { SigninToken: string };
  const console = await login(SigninToken);
  expect(console.status).toBe(200);
  expect(await console.text()).toMatch(/deploy\/alice@corp\.example[\s\S]*https:\/\/console\.aws\.amazon\.com\/s3\//);
  expect((await login(SigninToken)).status).toBe(400);
  expect(sandbox.requests.at(-2)).toMatchObject({ operation: 'ConsoleLogin', parameters: { Issuer: 'zsp' } });
});

test('a sign-in token is good for fifteen minutes', async () => {
  const { SigninToken } = (await (await signInToken(developer)).json()) as { SigninToken: string };
  offset = 15 * 60_000;
  expect((await login(SigninToken)).status).toBe(400);
  offset = 0;
});

test('a permission set’s session may say how long, a chained one may not', async () => {
  expect((await signInToken(developer, { SessionDuration: '3600' })).status).toBe(200);
  expect((await signInToken(deploy, { SessionDuration: '3600' })).status).toBe(400);
});

describe('is refused', () => {
  test.each<[string, () => Promise<Response>]>([
    ['too short a time', () => signInToken(developer, { SessionDuration: '899' })],
    ['too long a time', () => signInToken(developer, { SessionDuration: '43201' })],
    ['another secret', () => signInToken({ ...developer, secretAccessKey: 'x' })],
    ['another token', () => signInToken({ ...developer, sessionToken: 'x' })],
    ['a key nobody has', () => signInToken({ ...developer, accessKeyId: 'ASIAX' })],
    ['a long-lived key', () => signInToken({ accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'x' })],
    ['a session that is no JSON', () => get({ Action: 'getSigninToken', Session: '{' })],
    ['a made-up sign-in token', () => login('made-up')],
    ['another action', () => get({ Action: 'logout' })],
  ])('%s, and no secret comes back', async (_name, ask) => {
    const response = await ask();
    expect(response.status).toBe(400);
    expect(await response.text()).not.toContain(developer.sessionToken);
  });
});
