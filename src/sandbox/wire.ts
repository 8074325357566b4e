/** Names and values in order. */
export type Pairs = readonly (readonly [string, string])[];

/** One HTTP request, read to its end. */
export interface Call {
  readonly method: string;
  /** The path as it was sent, still percent-encoded. */
  readonly path: string;
  /** Query parameters in order, decoded as AWS's protocols do: `+` stays. */
  readonly query: Pairs;
  /** The query as it was sent, for the pages, whose forms write a space as `+`. */
  readonly search: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly sourceIp: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

/** A request and what it was answered. */
export interface Exchange {
  readonly operation: string;
  readonly service: Service;
  readonly call: Call;
  readonly answer: Answer;
}

/** What the sandbox remembers of a request. Secrets are left out, access key IDs are kept. */
export interface LoggedRequest {
  operation: string;
  /** Epoch milliseconds by the sandbox's clock. */
  at: number;
  /** The caller's ARN, once the signature or the token has been checked. */
  principal?: string;
  accessKeyId?: string;
  parameters: Readonly<Record<string, string>>;
  status: number;
  /** AWS's error code, when it was refused. */
  error?: string;
}

/** A request that one of the services has recognised. */
export interface Operation {
  readonly name: string;
  readonly service: Service;
  readonly parameters: Readonly<Record<string, string>>;
  /** Answers it; notes the principal in `log` as soon as it is known. */
  readonly run: (log: LoggedRequest) => Answer;
  /** Writes an error the way this service does. */
  readonly refuse: (refusal: Refusal) => Answer;
}

export type Service = 'oidc' | 'portal' | 'sts' | 'iam' | 's3' | 'page';

/** AWS says no: `code` and `message` as the service words them, `fields` what it adds to the error's body. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly fields: Readonly<Record<string, string>>;

  constructor(status: number, code: string, message: string, fields: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.fields = fields;
  }
}

/** The first value of a query or form parameter. */
export function first(pairs: Pairs, name: string): string | undefined {
  return pairs.find(([key]) => key === name)?.[1];
}

/** What a browser sent: the query of a GET, the form of a POST. */
export function readBrowserForm({ method, search, body }: Call): Pairs {
  return parsePairs(method === 'POST' ? body.toString('utf8') : search, true);
}

/** Decodes `a=b&c` as forms and query strings are: `+` is a space only in forms. */
export function parsePairs(text: string, plusIsSpace: boolean): (readonly [string, string])[] {
  return text
    .split('&')
    .filter((part) => part !== '')
    .map((part) => {
      const at = part.indexOf('=');
      const [name, value] = at < 0 ? [part, ''] : [part.slice(0, at), part.slice(at + 1)];
      return [decode(name, plusIsSpace), decode(value, plusIsSpace)] as const;
    });
}

/** Percent-decoding that leaves what cannot be decoded as it is. */
export function decode(text: string, plusIsSpace = false): string {
  const spaced = plusIsSpace ? text.replaceAll('+', ' ') : text;
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced;
  }
}
