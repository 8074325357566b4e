import type { ClockSkew } from './clock-skew';
import type { Request, Send } from './connection';
import { redirected, type Sight, troubleOf, webPage } from './faults';

/** Keys of temporary credentials, as the SDK takes them. */
export interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/** What one attempt at one call is made with. */
export interface Attempt {
  readonly endpoint: URL;
  readonly region: string;
  /** Absent for calls that are not signed. */
  readonly keys: Keys | undefined;
  readonly send: Send;
  readonly clock: ClockSkew;
  /** How long this attempt may take. */
  readonly milliseconds: number;
  /** Filled in as the attempt goes on. */
  readonly sight: Sight;
}

/**
 * Options for every SDK client. Each setting that a client would otherwise look up in the environment or in
 * `~/.aws/config` is given here, so neither is read: a hostile or malformed one cannot redirect or break a call.
 */
export function clientOptions(attempt: Attempt) {
  const { endpoint, region, keys, clock } = attempt;
  return {
    endpoint: endpoint.href,
    region,
    credentials: async () => {
      if (keys === undefined) throw new Error('this call is not signed');
      return keys;
    },
    systemClockOffset: clock.correction(),
    disableClockSkewCorrection: false,
    requestHandler: requestHandler(attempt),
    maxAttempts: 1,
    retryMode: 'standard',
    defaultsMode: 'standard' as const,
    useFipsEndpoint: false,
    useDualstackEndpoint: false,
    authSchemePreference: [],
    sigv4aSigningRegionSet: async () => undefined,
    userAgentAppId: async () => undefined,
    defaultUserAgentProvider: async (): Promise<[string, string?][]> => [['zsp']],
  };
}

function requestHandler({ endpoint, send, clock, milliseconds, sight }: Attempt) {
  return {
    async handle(request: Request) {
      const limit = AbortSignal.timeout(milliseconds);
      const answer = await send(endpoint, request, limit).catch((error: unknown) => {
        sight.trouble = troubleOf(error, limit.aborted, Math.ceil(milliseconds / 1000));
        throw error;
      });
      sight.status = answer.status;
      sight.headers = answer.headers;
      if (answer.status >= 300 && answer.status < 400) sight.trouble = redirected;
      else if (answer.status < 500 && isWebPage(answer)) sight.trouble = webPage;
      else clock.learn(answer.headers.date);
      if (sight.trouble) throw new Error(sight.trouble.words);
      return { response: { statusCode: answer.status, headers: { ...answer.headers }, body: answer.body } };
    },
  };
}

function isWebPage({ headers, body }: { headers: Readonly<Record<string, string>>; body: Uint8Array }): boolean {
  const start = Buffer.from(body.subarray(0, 200)).toString('latin1').trimStart().toLowerCase();
  return /^text\/html/i.test(headers['content-type'] ?? '') || /^<(!doctype html|html|head|body)\b/.test(start);
}

const warningFlag = 'AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED';

/** Makes an SDK client without its warning about Node's version on stderr; the environment stays as it was, for our children. */
export function quietly<Client>(make: () => Client): Client {
  const before = process.env[warningFlag];
  process.env[warningFlag] = 'true';
  try {
    return make();
  } finally {
    if (before === undefined) delete process.env[warningFlag];
    else process.env[warningFlag] = before;
  }
}
