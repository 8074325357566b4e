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

  equals(other: Secret): boolean {
    return this.#value === other.#value;
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
