import type { LedgerEvent } from '../ledger/event';
import type { SsoSession } from '../profile/profile';
import type { Items } from './items';
import type { Clock, Lease, Lock, Portal, SignIn, Sts } from './ports';

/** Everything the broker is handed. */
export interface World {
  readonly clock: Clock;
  /** The items of the keychain this sign-in is kept in. */
  items(at: SsoSession): Promise<Items>;
  readonly lock: Lock;
  readonly lease: Lease;
  readonly signIn: SignIn;
  readonly portal: Portal;
  readonly sts: Sts;
  /** How far AWS's clock is ahead of ours, in milliseconds, if an answer has told. */
  skew(): number | undefined;
  record(event: LedgerEvent): Promise<void>;
  /** A new random identifier of `[0-9a-f]{16}`. */
  newId(): string;
}
