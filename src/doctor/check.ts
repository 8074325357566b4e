import type { Env } from '../places';
import type { KeychainChoice } from '../profile/profile';

/** What will bite, and what the user can do about it. Each is one line without a secret. */
export interface Finding {
  readonly message: string;
  readonly remedy: string;
  /** Where zsp can do it by itself, and was told to. */
  readonly fix?: Fix;
}

export interface Fix {
  readonly question: string;
  apply(): void;
}

/** One thing that is looked at. Throws ZspError where that alone shows what is wrong. */
export interface Check {
  /** What is so where nothing is found: `profiles resolve`. */
  readonly name: string;
  run(world: DoctorWorld): Promise<readonly Finding[]>;
  /** Why there is nothing to look at; undefined where there is. */
  idle?(world: DoctorWorld): Promise<string | undefined>;
}

/** What the checks look at, beside the files that the environment names. */
export interface DoctorWorld {
  readonly env: Env;
  readonly platform: NodeJS.Platform;
  /** What credential_process has to run. */
  readonly node: string;
  readonly script: string;
  readonly versions: Versions;
  /** Sets, gets and deletes a dummy item. @throws ZspError `keychain_unavailable`, `storage_failed` */
  tryKeychain(choice: KeychainChoice): Promise<void>;
  /** Asks an endpoint once. @returns milliseconds AWS's clock is ahead of ours @throws ZspError */
  reach(service: 'oidc' | 'portal' | 'sts', endpoint: string): Promise<number | undefined>;
}

export interface Versions {
  readonly zsp: string;
  readonly node: string;
  /** Undefined where there is no AWS CLI. */
  readonly aws: string | undefined;
}
