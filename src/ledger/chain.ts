import { follows, genesis, type LedgerEntry, type Link, linkOf, parseEntry } from './event';
import type { Line } from './lines';

export type FindingKind =
  /** A line is no entry: changed until it could not be read, or added from outside. */
  | 'unreadable'
  /** A line no longer has the hash that the next one, or the keychain, knows. */
  | 'changed'
  | 'removed'
  | 'reordered'
  | 'duplicated'
  /** The keychain knows later entries than the file: its end was cut off, or an old copy was put back. */
  | 'truncated'
  /** The file has entries the keychain was never told of, or the keychain was rolled back. */
  | 'appended'
  /** The keychain had no head for lines that were already there: nothing vouches for them. */
  | 'head-missing';

export interface Finding {
  readonly kind: FindingKind;
  /** The line it shows at, from 1. */
  readonly line: number;
  /** What is wrong, in a sentence without secrets or text from the file. */
  readonly message: string;
}

export interface Verification {
  /** How many lines are entries. */
  readonly entries: number;
  /** In the order of the lines, at most twenty; the first is the one to look at, as it can bring others about. None: the ledger is as zsp wrote it. */
  readonly findings: readonly Finding[];
}

/** Bounds what a file full of garbage can make us keep. */
const mostFindings = 1000;

interface Gap {
  readonly from: number;
  readonly to: number;
  readonly line: number;
}

function createFindings() {
  const findings: Finding[] = [];
  const gaps: Gap[] = [];

  const add = (kind: FindingKind, line: number, message: string) => {
    if (findings.length < mostFindings) findings.push({ kind, line, message: `line ${line}: ${message}` });
  };

  return {
    add,
    addGap(gap: Gap) {
      if (gaps.length < mostFindings) gaps.push(gap);
      const missing = gap.from === gap.to ? `entry ${gap.from}` : `entries ${gap.from} to ${gap.to}`;
      add('removed', gap.line, `${missing} before it removed`);
    },
    /** A gap that is filled later in the file is a change of order. @returns whether there is one for it */
    turnGapIntoReordering(seq: number): boolean {
      const gap = gaps.find(({ from, to }) => from <= seq && seq <= to);
      if (!gap) return false;
      const at = findings.findIndex(({ kind, line }) => kind === 'removed' && line === gap.line);
      const message = `line ${gap.line}: entry ${seq}, written before this one, comes after it`;
      if (at >= 0) findings[at] = { kind: 'reordered', line: gap.line, message };
      return true;
    },
    first: (count: number) => findings.sort((a, b) => a.line - b.line).slice(0, count),
  };
}

/** Follows the chain line by line; `end` compares it with the keychain's head. */
export function createChain() {
  const findings = createFindings();
  const hashes = new Set<string>();
  let last: Link = genesis;
  let beforeLast: Link | undefined;
  let lastLine = 0;
  let entries = 0;

  /** Says how an entry fails to follow the last one. @returns whether the chain goes on from it */
  const judge = (entry: LedgerEntry, link: Link, line: number): boolean => {
    const { seq } = entry;
    if (hashes.has(link.hash)) {
      findings.add('duplicated', line, `entry ${seq} is there twice`);
      return false;
    }
    if (seq === last.seq + 1) {
      if (lastLine > 0) findings.add('changed', lastLine, `its bytes are not those that line ${line} was chained to`);
      else findings.add('changed', line, 'the first entry is not chained to the beginning');
      return true;
    }
    if (seq > last.seq) {
      findings.addGap({ from: last.seq + 1, to: seq - 1, line });
      return true;
    }
    if (findings.turnGapIntoReordering(seq)) return false;
    if (follows(entry, genesis)) {
      const message = 'a new chain begins, as the keychain had no head: nothing vouches for the lines before';
      findings.add('head-missing', line, message);
      return true;
    }
    findings.add('changed', line, `an entry with number ${seq} that was not written there`);
    return false;
  };

  const compareWithHead = (head: Link) => {
    if (head.hash === last.hash || head.hash === beforeLast?.hash) return;
    const ends = `the file ends with entry ${last.seq}, but the keychain knows ${head.seq}`;
    if (head.seq > last.seq) {
      findings.add('truncated', lastLine + 1, `${ends}: its end was cut off, or an old copy put back`);
    } else if (hashes.has(head.hash)) {
      findings.add('appended', lastLine, `${ends}: lines were added from outside, or the keychain was rolled back`);
    } else {
      findings.add('changed', lastLine, `the file ends with an entry ${last.seq} that the keychain does not know`);
    }
  };

  return {
    add({ number, bytes }: Line) {
      const entry = parseEntry(bytes);
      if (!entry) return findings.add('unreadable', number, 'no entry of zsp: changed, or added from outside');
      entries++;
      const link = linkOf(entry, bytes);
      const whole = follows(entry, last);
      const goesOn = whole || judge(entry, link, number);
      hashes.add(link.hash);
      if (!goesOn) return;
      beforeLast = whole ? last : undefined;
      last = link;
      lastLine = number;
    },
    addUnfinished({ number, bytes }: Line) {
      if (isBeginning(bytes, last.seq + 1)) return;
      findings.add('unreadable', number, 'ends without a newline and is no beginning of an entry: added from outside');
    },
    end(head: Link | undefined): Verification {
      if (head) compareWithHead(head);
      else if (last.seq > 0 && beforeLast?.seq !== 0) {
        findings.add('head-missing', lastLine, 'the keychain has no head of the ledger: nothing vouches for its lines');
      }
      return { entries, findings: findings.first(20) };
    },
  };
}

/** Whether it is what a writer that was killed leaves of an entry. */
function isBeginning(bytes: Buffer, seq: number): boolean {
  const beginning = Buffer.from(`{"v":1,"seq":${seq},"time":"`);
  const length = Math.min(bytes.length, beginning.length);
  return bytes.subarray(0, length).equals(beginning.subarray(0, length));
}
