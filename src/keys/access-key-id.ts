/**
 * What an access key ID says of itself. Prefixes:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
 */

/** `temporary` ends by itself within 36 hours; the others live until somebody deletes them. */
export type KeyKind = 'access key' | 'bearer token' | 'context credential' | 'temporary';

const kinds: Readonly<Record<string, KeyKind>> = {
  AKIA: 'access key',
  ABIA: 'bearer token',
  ACCA: 'context credential',
  ASIA: 'temporary',
};

export const keyPrefixes: readonly string[] = Object.keys(kinds);

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

export function kindOf(accessKeyId: string): KeyKind {
  return kinds[accessKeyId.slice(0, 4)] ?? 'access key';
}

/** An ID that stands in documentation: AWS's end in EXAMPLE, and others repeat a few letters. */
export function isPlaceholder(accessKeyId: string): boolean {
  return accessKeyId.includes('EXAMPLE') || new Set(accessKeyId.slice(4)).size < 5;
}

/**
 * The account, which AWS writes into an ID: the 40 bits after the first of what stands in base32 behind the prefix. IDs from
 * before 2019 have that first bit clear, and no account.
 * https://medium.com/@TalBeerySec/a-short-note-on-aws-key-id-f88cc4317489
 * @returns twelve digits, or undefined
 */
export function accountOf(accessKeyId: string): string | undefined {
  let bits = 0n;
  for (const letter of accessKeyId.slice(4, 13)) bits = bits * 32n + BigInt(alphabet.indexOf(letter));
  // Nine letters are 45 bits: the mark, the account's 40, and four more.
  if (bits >> 44n !== 1n) return undefined;
  const account = (bits >> 4n) & 0xffffffffffn;
  return account < 10n ** 12n ? String(account).padStart(12, '0') : undefined;
}
