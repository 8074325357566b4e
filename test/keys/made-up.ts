import { createHash } from 'node:crypto';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** An access key ID as AWS makes them today: a mark, the account's 40 bits, and 39 that are the key's own. */
export function makeKeyId(prefix: string, account: string, seed = 'one'): string {
  const own =
    BigInt(
      `0x${createHash('sha256')
        .update(prefix + account + seed)
        .digest('hex')
        .slice(0, 10)}`,
    ) >> 1n;
  const bits = (1n << 79n) | (BigInt(account) << 39n) | own;
  const letter = (at: number) => alphabet[Number((bits >> BigInt(75 - 5 * at)) & 31n)];
  return prefix + Array.from({ length: 16 }, (_, at) => letter(at)).join('');
}

/** Forty letters as mixed as a secret access key. */
export function makeSecret(seed: string): string {
  return createHash('sha512').update(seed).digest('base64').slice(0, 40);
}
