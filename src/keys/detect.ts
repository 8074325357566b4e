import { accountOf, isPlaceholder, type KeyKind, keyPrefixes, kindOf } from './access-key-id';

/** An access key ID in a text, and never the secret beside it. */
export interface FoundKey {
  readonly accessKeyId: string;
  readonly kind: KeyKind;
  /** Decoded from the ID; IDs from before 2019 do not tell. */
  readonly accountId?: string;
  /** Whether what looks like its secret access key is near. */
  readonly withSecret: boolean;
  /** Both 1-based; the column in UTF-16 units. */
  readonly line: number;
  readonly column: number;
}

/** How far from its ID a secret is looked for, in bytes: a few lines of a configuration file. */
const reach = 400;

const idPattern = /(?<![A-Za-z0-9])(?:AKIA|ABIA|ACCA|ASIA)[A-Z2-7]{16}(?![A-Za-z0-9])/y;
const secretPattern = /(?<![A-Za-z0-9/+])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])/g;

/** Every access key ID in some bytes, in their order. Most files have none of the prefixes, and are let go at once. */
export function findKeys(bytes: Buffer): readonly FoundKey[] {
  const offsets = keyPrefixes.flatMap((prefix) => occurrences(bytes, prefix)).sort((a, b) => a - b);
  const found: FoundKey[] = [];
  for (const offset of offsets) {
    const accessKeyId = idAt(bytes, offset);
    if (accessKeyId !== undefined && !isPlaceholder(accessKeyId)) found.push(describe(bytes, offset, accessKeyId));
  }
  return found;
}

/** Forty letters that are too mixed for a path, a word or the hexadecimal of a hash, whose entropy is at most 4 bits a letter. */
export function holdsSecret(text: string): boolean {
  const isMixed = (one: string) => /[a-z]/.test(one) && /[A-Z]/.test(one) && /[\d/+]/.test(one) && entropy(one) > 4.1;
  return [...text.matchAll(secretPattern)].some(([candidate]) => isMixed(candidate));
}

function occurrences(bytes: Buffer, prefix: string): number[] {
  const found: number[] = [];
  for (let at = bytes.indexOf(prefix); at !== -1; at = bytes.indexOf(prefix, at + 4)) found.push(at);
  return found;
}

function idAt(bytes: Buffer, offset: number): string | undefined {
  const from = Math.max(0, offset - 1);
  idPattern.lastIndex = offset - from;
  return idPattern.exec(bytes.toString('latin1', from, offset + 21))?.[0];
}

function describe(bytes: Buffer, offset: number, accessKeyId: string): FoundKey {
  const accountId = accountOf(accessKeyId);
  const before = bytes.subarray(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  const near = bytes.toString('latin1', Math.max(0, offset - reach), offset + accessKeyId.length + reach);
  return {
    accessKeyId,
    kind: kindOf(accessKeyId),
    ...(accountId !== undefined && { accountId }),
    withSecret: holdsSecret(near),
    line: occurrences(before, '\n').length + 1,
    column: before.toString('utf8', lineStart).length + 1,
  };
}

/** Shannon's, in bits a letter. */
function entropy(text: string): number {
  const counts = new Map<string, number>();
  for (const letter of text) counts.set(letter, (counts.get(letter) ?? 0) + 1);
  return [...counts.values()].reduce((sum, count) => sum - (count / text.length) * Math.log2(count / text.length), 0);
}
