import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { authorizeOperation } from './authorize';
import { corp } from './corp';
import { approveDevice, denyDevice, deviceOperation } from './device-page';
import { type Fault, faultAnswer, nextFault } from './faults';
import { federationOperation } from './federation';
import { iam, iamUser } from './iam';
import { type Credential, noneIssued } from './issued';
import { oidcOperation } from './oidc';
import { defaultLifetimes, type SandboxOptions } from './options';
import { portalOperation } from './portal';
import { queryOperation, readForm } from './query-protocol';
import { s3Operation } from './s3';
import { fillBuckets } from './s3-objects';
import { isSigned, readClaim } from './sigv4';
import { sts } from './sts';
import { issuerOperation, tokenIssuer } from './token-issuer';
import { type Answer, type Call, type LoggedRequest, type Operation, parsePairs, Refusal } from './wire';
import type { World } from './world';

export interface Sandbox {
  /** `http://127.0.0.1:PORT`: the endpoint of every service. */
  readonly url: string;
  readonly port: number;
  readonly options: SandboxOptions;
  /** Every request so far, oldest first. */
  readonly requests: readonly Readonly<LoggedRequest>[];
  /** What goes wrong from now on; push, splice, or set `length = 0`. */
  readonly faults: Fault[];
  /** How often an operation was asked for. */
  count(operation: string): number;
  /** The user allows the sign-in with this code; by default the directory's first user. */
  approve(userCode: string, user?: string): void;
  deny(userCode: string): void;
  /** User codes that wait for a decision. */
  pending(): readonly string[];
  /** Makes access tokens answer 401; all of them, unless one is given. */
  revokeToken(accessToken?: string): void;
  /** Makes refresh tokens answer `invalid_grant`. */
  revokeRefreshTokens(): void;
  /** Makes client registrations answer `invalid_client`. */
  forgetRegistrations(): void;
  /** Makes temporary credentials unknown; all of them, unless an access key ID is given. */
  revokeCredentials(accessKeyId?: string): void;
  /** An ID token of the pipelines' OIDC provider, for AssumeRoleWithWebIdentity; claims replace the usual ones. */
  webIdentityToken(claims?: Readonly<Record<string, unknown>>): string;
  /** Every secret key, session token, access and refresh token, client secret, device and authorization code issued so far. */
  secrets(): string[];
  close(): Promise<void>;
}

const largestBody = 32 * 1024 * 1024;

/** Starts an AWS on 127.0.0.1: Identity Center, STS, IAM's access keys, federated console sign-in and S3 on one port, over plain HTTP. */
export async function startSandbox(chosen: Partial<SandboxOptions> = {}): Promise<Sandbox> {
  const options: SandboxOptions = {
    directory: corp,
    lifetimes: {},
    latencyMs: 0,
    clock: Date.now,
    faults: [],
    autoApproveMs: undefined,
    port: 0,
    sessionTokenLength: 800,
    observe: () => {},
    ...chosen,
  };
  let port = 0;
  const world: World = {
    options,
    directory: options.directory,
    lifetimes: { ...defaultLifetimes, ...options.lifetimes },
    issued: noneIssued(),
    buckets: fillBuckets(options.directory, options.clock()),
    tokenIssuer: tokenIssuer(options.clock, options.directory.oidcProviders[0]?.issuer ?? ''),
    now: options.clock,
    startedAt: options.clock(),
    url: () => `http://127.0.0.1:${port}`,
  };
  for (const credential of longLivedKeys(world)) world.issued.credentials.set(credential.accessKeyId, credential);
  const requests: LoggedRequest[] = [];
  const faults = [...options.faults];

  const server = createServer((request, response) => {
    serve(world, requests, faults, request, response).catch((error: unknown) => confess(error, response));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(options.port, '127.0.0.1', resolve);
  });
  port = (server.address() as AddressInfo).port;

  const { accessTokens, refreshTokens, registrations, credentials, authorizations, secrets } = world.issued;
  return {
    url: world.url(),
    port,
    options,
    requests,
    faults,
    count: (operation) => requests.filter((one) => one.operation === operation).length,
    approve: (userCode, user) => approveDevice(world, userCode, user),
    deny: (userCode) => denyDevice(world, userCode),
    pending: () =>
      [...authorizations.values()]
        .filter((one) => one.user === undefined && !one.denied && !one.redeemed && world.now() < one.expiration)
        .map((one) => one.userCode),
    revokeToken: (token) => void (token === undefined ? accessTokens.clear() : accessTokens.delete(token)),
    revokeRefreshTokens: () => refreshTokens.clear(),
    forgetRegistrations: () => registrations.clear(),
    revokeCredentials: (accessKeyId) => {
      const temporary = [...credentials.values()].filter((one) => one.sessionToken !== undefined);
      const revoked = temporary.filter((one) => accessKeyId === undefined || one.accessKeyId === accessKeyId);
      for (const one of revoked) credentials.delete(one.accessKeyId);
    },
    webIdentityToken(claims) {
      const token = world.tokenIssuer.issue(claims);
      secrets.add(token);
      return token;
    },
    secrets: () => [...secrets],
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function longLivedKeys(world: World): readonly Credential[] {
  return world.directory.iamUsers.map((user) => ({
    accessKeyId: user.accessKeyId,
    secretAccessKey: user.secretAccessKey,
    issuedAt: world.now(),
    principal: iamUser(user),
  }));
}

async function serve(
  world: World,
  requests: LoggedRequest[],
  faults: Fault[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const call = await readCall(request);
  const operation = findOperation(world, call);
  const log: LoggedRequest = {
    operation: operation.name,
    at: world.now(),
    parameters: operation.parameters,
    status: 0,
    ...accessKeyOf(call),
  };
  requests.push(log);
  const fault = nextFault(faults, operation.name);
  if (world.options.latencyMs > 0) await sleep(world.options.latencyMs);
  if (fault?.action === 'hang') return;
  const answer =
    fault && fault.action !== 'drop' ? faultAnswer(fault, operation, world.url()) : carryOut(operation, log);
  log.status = answer.status;
  world.options.observe({ operation: operation.name, service: operation.service, call, answer });
  send(world, call, answer, response, fault?.action === 'drop');
}

function carryOut(operation: Operation, log: LoggedRequest): Answer {
  try {
    return operation.run(log);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    log.error = error.code;
    return operation.refuse(error);
  }
}

/**
 * Tells the services apart as one endpoint for all of them can: a signature names its service, a form names its action,
 * Identity Center's paths are its own, and what is left is S3's.
 */
function findOperation(world: World, call: Call): Operation {
  const service = signedService(call);
  if (service === undefined) {
    const found = unsignedOperations.map((operation) => operation(world, call)).find((one) => one !== undefined);
    if (found) return found;
  }
  const isForm = call.headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true;
  const isQuery = call.path === '/' && call.query.some(([name]) => name === 'Action');
  if (!(service === 'sts' || service === 'iam' || isForm || isQuery)) return s3Operation(world, call);
  const isIam = service === 'iam' || readForm(call).get('Version') === iam.version;
  return queryOperation(world, call, isIam ? iam : sts);
}

const unsignedOperations = [
  oidcOperation,
  portalOperation,
  deviceOperation,
  authorizeOperation,
  federationOperation,
  issuerOperation,
] as const;

function signedService(call: Call): string | undefined {
  if (!isSigned(call)) return undefined;
  try {
    return readClaim(call).service;
  } catch {
    return '';
  }
}

function accessKeyOf(call: Call): { accessKeyId?: string } {
  if (!isSigned(call)) return {};
  try {
    return { accessKeyId: readClaim(call).accessKeyId };
  } catch {
    return {};
  }
}

/** A fault of the sandbox itself must not look like one of AWS's, nor be silent. */
function confess(error: unknown, response: ServerResponse): void {
  if (response.headersSent) response.destroy();
  else response.writeHead(599, { 'content-type': 'text/plain' }).end(`zsp sandbox: ${error}`);
}

async function readCall(request: IncomingMessage): Promise<Call> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > largestBody) throw new Error('the body is too large');
    chunks.push(chunk);
  }
  const target = request.url ?? '/';
  const mark = target.indexOf('?');
  const search = mark < 0 ? '' : target.slice(mark + 1);
  const headers = Object.entries(request.headers).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.join(',') : (value ?? ''),
  ]);
  return {
    method: request.method ?? 'GET',
    path: mark < 0 ? target : target.slice(0, mark),
    query: parsePairs(search, false),
    search,
    headers: Object.fromEntries(headers),
    body: Buffer.concat(chunks),
    sourceIp: request.socket.remoteAddress ?? '127.0.0.1',
  };
}

function send(world: World, call: Call, answer: Answer, response: ServerResponse, drop: boolean): void {
  const body = Buffer.isBuffer(answer.body) ? answer.body : Buffer.from(answer.body);
  response.sendDate = false;
  response.writeHead(answer.status, {
    date: new Date(world.now()).toUTCString(),
    ...(answer.status === 204 ? {} : { 'content-length': body.length }),
    ...answer.headers,
  });
  if (!drop) {
    response.end(call.method === 'HEAD' ? undefined : body);
    return;
  }
  // The connection ends inside the body, once the head is out.
  response.write(body.subarray(0, Math.floor(body.length / 2)), () => response.destroy());
}
