import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Session } from '../../src/broker/ports';
import { ZspError } from '../../src/errors';
import type { Endpoints, RoleRequest, SsoSession } from '../../src/profile/profile';
import { Secret } from '../../src/secret';

/** Texts that must never be seen in an error. */
export const token = new Secret('aoaAAAAAG-the-access-token-that-nobody-may-see');
export const caller: Session = {
  accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
  secretAccessKey: new Secret('wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'),
  sessionToken: new Secret('IQoJb3JpZ2luX2VjEXAMPLE-session-token-that-nobody-may-see'),
  issuedAt: 0,
  expiration: 4_000_000_000_000,
  accountId: '111122223333',
};

export const endpointsAt = (url: string): Endpoints => ({ origin: url, oidc: url, portal: url, sts: () => url });

export const ssoSessionAt = (url: string): SsoSession => ({
  name: 'corp',
  startUrl: 'https://corp.awsapps.com/start',
  region: 'eu-west-1',
  registrationScopes: ['sso:account:access'],
  keychain: 'auto',
  endpoints: endpointsAt(url),
});

export const stsAt = (url: string) => ({ endpoints: endpointsAt(url), region: 'eu-west-1' });

export const deploy: RoleRequest & { roleSessionName: string } = {
  roleArn: 'arn:aws:iam::444455556666:role/deploy',
  roleSessionName: 'alice@corp.example',
  durationSeconds: 3600,
  policyArns: [],
  tags: {},
  transitiveTags: [],
};

export interface Server {
  readonly url: string;
  readonly requests: readonly IncomingMessage[];
  close(): Promise<void>;
}

/** A small HTTP server that answers as the test says; every request is kept. */
export async function serve(answer: RequestListener): Promise<Server> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    requests.push(request);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** GetRoleCredentials' answer, with an hour to go. */
export function roleCredentials(changes: Readonly<Record<string, unknown>> = {}): string {
  const keys = { accessKeyId: 'ASIAEXAMPLE', secretAccessKey: 'a-secret', sessionToken: 'a-token' };
  return JSON.stringify({ roleCredentials: { ...keys, expiration: Date.now() + 3_600_000, ...changes } });
}

/** The ZspError a call ends in. */
export async function errorOf(call: Promise<unknown>): Promise<ZspError> {
  const error = await call.then(
    () => new Error('the call succeeded'),
    (thrown: unknown) => thrown,
  );
  if (error instanceof ZspError) return error;
  throw error;
}

/** Everything an error could show, causes and hidden properties too. */
export function shown(error: unknown): string {
  const seen: string[] = [];
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    for (const key of Reflect.ownKeys(at)) seen.push(String(key), String(Reflect.get(at, key)));
  }
  return seen.join('\n');
}
