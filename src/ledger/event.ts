import { createHash } from 'node:crypto';

/** What can be told of an event; never a program's arguments, never a secret. */
interface Details {
  readonly profile: string;
  readonly ssoSession: string;
  /** The signed-in user's name. */
  readonly user: string;
  /** The role that was assumed; of a permission set, which has no ARN of its own, the account and the name. */
  readonly roleArn: string;
  readonly accountId: string;
  readonly roleName: string;
  readonly sessionName: string;
  readonly sourceIdentity: string;
  readonly accessKeyId: string;
  /** When the credentials or the sign-in end, ISO 8601. */
  readonly expiration: string;
  /** SHA-256 of the session policy's text as sent, in hex. */
  readonly policyHash: string;
  readonly reason: string;
  readonly windowId: string;
  /** When the window ends, ISO 8601. */
  readonly endsAt: string;
}

/** The longest each detail may be, in UTF-16 units; the order they are written in. */
const longest: Readonly<Record<keyof Details, number>> = {
  profile: 500,
  ssoSession: 500,
  user: 500,
  roleArn: 2048,
  accountId: 64,
  roleName: 500,
  sessionName: 500,
  sourceIdentity: 500,
  accessKeyId: 128,
  expiration: 40,
  policyHash: 64,
  reason: 500,
  windowId: 64,
  endsAt: 40,
};
const detailNames = Object.keys(longest) as readonly (keyof Details)[];

/** Every event, and the details it cannot do without. */
const required = {
  'sign-in': [],
  'sign-out': [],
  issue: ['accessKeyId', 'expiration'],
  'window-opened': ['profile', 'endsAt'],
  'window-dropped': ['profile'],
  refused: ['reason'],
  'renewal-failed': ['reason'],
  removed: [],
  'key-replaced': ['profile', 'accessKeyId'],
  'key-deactivated': ['accessKeyId'],
  'key-reactivated': ['accessKeyId'],
  'key-deleted': ['accessKeyId'],
} as const satisfies Record<string, readonly (keyof Details)[]>;

export type LedgerEventName = keyof typeof required;

/** One thing that happened, as the broker tells it. */
export type LedgerEvent = {
  readonly [Name in LedgerEventName]: { readonly event: Name } & Pick<Details, (typeof required)[Name][number]> &
    Partial<Details>;
}[LedgerEventName];

/** A line's place in the chain: its number, from 1, and the SHA-256 of its bytes in hex, without the newline. */
export interface Link {
  readonly seq: number;
  readonly hash: string;
}

/** Where every chain begins. */
export const genesis: Link = { seq: 0, hash: '0'.repeat(64) };

/** One line of the ledger, as read. */
export type LedgerEntry = LedgerEvent & {
  readonly seq: number;
  /** When it was written, ISO 8601. */
  readonly time: string;
  /** The hash of the entry before. */
  readonly previous: string;
};

/** No line zsp writes is longer, in bytes. */
export const longestLine = 32 * 1024;

/** The bytes of the entry that follows `after`, without the newline. */
export function entryLine(event: LedgerEvent, after: Link, milliseconds: number): Buffer {
  const details = detailNames.flatMap((name) => {
    const text = event[name];
    return text === undefined ? [] : [[name, bounded(text, name)]];
  });
  const head = { v: 1, seq: after.seq + 1, time: new Date(milliseconds).toISOString(), event: event.event };
  return Buffer.from(JSON.stringify({ ...head, ...Object.fromEntries(details), previous: after.hash }));
}

/** Reads a line's bytes; undefined if it is no entry. Its texts are bounded and stripped anew, since anyone may have written them. */
export function parseEntry(line: Buffer): LedgerEntry | undefined {
  const found = parseObject(line);
  if (found?.v !== 1 || !isEventName(found.event)) return undefined;
  const { event, seq, time, previous } = found;
  if (!Number.isSafeInteger(seq) || (seq as number) < 1 || typeof previous !== 'string') return undefined;
  if (typeof time !== 'string' || Number.isNaN(Date.parse(time)) || !/^[0-9a-f]{64}$/.test(previous)) return undefined;

  const details: Record<string, string> = {};
  for (const name of detailNames) {
    const text = found[name];
    if (typeof text === 'string') details[name] = bounded(text, name);
    else if (text !== undefined) return undefined;
  }
  if (required[event].some((name) => details[name] === undefined)) return undefined;
  return { seq, time: new Date(time).toISOString(), event, ...details, previous } as LedgerEntry;
}

export function linkOf({ seq }: { readonly seq: number }, line: Buffer): Link {
  return { seq, hash: createHash('sha256').update(line).digest('hex') };
}

export function follows(entry: LedgerEntry, link: Link): boolean {
  return entry.seq === link.seq + 1 && entry.previous === link.hash;
}

function parseObject(bytes: Buffer): Record<string, unknown> | undefined {
  try {
    const found: unknown = JSON.parse(bytes.toString());
    return typeof found === 'object' && found !== null ? (found as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function isEventName(value: unknown): value is LedgerEventName {
  return typeof value === 'string' && Object.hasOwn(required, value);
}

/** Cut first: a surrogate that loses its partner to the cut is stripped with the control, format and bidi characters. */
function bounded(text: string, name: keyof Details): string {
  return text.slice(0, longest[name]).replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, ' ');
}
