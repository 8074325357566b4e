import { type Attempt, exchange } from './attempt';
import type { Request } from './connection';

/**
 * Options for an SDK client. Each setting that a client would otherwise look up in the environment or in
 * `~/.aws/config` is given here, so neither is read: a hostile or malformed one cannot redirect or break a call.
 */
export function clientOptions(attempt: Attempt) {
  const { endpoint, region, clock } = attempt;
  return {
    endpoint: endpoint.href,
    region,
    credentials: async () => {
      throw new Error('this call is not signed');
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

function requestHandler(attempt: Attempt) {
  return {
    async handle(request: Request) {
      const { status, headers, body } = await exchange(attempt, request);
      return { response: { statusCode: status, headers: { ...headers }, body } };
    },
  };
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
