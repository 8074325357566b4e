import { createHash, timingSafeEqual } from 'node:crypto';
import { inspect } from 'node:util';

const redacted = '[redacted]';

/**
 * A text that must not be seen: it prints as `[redacted]` in every way JavaScript can print a thing.
 * `open()` is called in two places only: where the secret is sent, and where it is stored.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The text itself. Each caller is listed in docs/security.md. */
  open(): string {
    return this.#value;
  }

  /** In constant time: what is compared are digests, which have one length. */
  equals(other: Secret): boolean {
    return timingSafeEqual(this.#digest(), other.#digest());
  }

  #digest(): Buffer {
    return createHash('sha256').update(this.#value).digest();
  }

  toString(): string {
    return redacted;
  }

  toJSON(): string {
    return redacted;
  }

  [Symbol.toPrimitive](): string {
    return redacted;
  }

  [inspect.custom](): string {
    return redacted;
  }
}
