import type { Secret } from '../secret';

/**
 * Where secrets live: one item an account name, written whole, so that a reader sees the old value or the new one.
 * Absent is an answer (`undefined`); locked, denied, silent and broken are not: they throw ZspError `keychain_unavailable`
 * (or `storage_failed` for a full or read-only disk), with a remedy.
 */
export interface SecretStore {
  get(account: string): Promise<Secret | undefined>;
  set(account: string, value: Secret): Promise<void>;
  /** Forgets the item; an absent one is no error. */
  delete(account: string): Promise<void>;
}
