import type { Session } from '../broker/ports';
import type { Endpoints } from '../profile/profile';

export interface AccessKey {
  readonly accessKeyId: string;
  /** Of the IAM user. */
  readonly userName: string;
}

/** GetAccessKeyLastUsed's answer. */
export interface KeyUse {
  readonly userName: string;
  /** Absent for a key that was never used. `at` is epoch milliseconds. */
  readonly last?: { readonly at: number; readonly service: string; readonly region: string };
}

/** IAM's key calls. Throws `access_denied` with principal and permission, `config_invalid` for a key IAM does not know, else `aws_unavailable`. */
export interface Iam {
  lastUse(at: Endpoints, caller: Session, accessKeyId: string): Promise<KeyUse>;
  setStatus(at: Endpoints, caller: Session, key: AccessKey, status: 'Active' | 'Inactive'): Promise<void>;
  /** A key that is gone already is no error. */
  remove(at: Endpoints, caller: Session, key: AccessKey): Promise<void>;
}
