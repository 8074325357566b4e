import type { Directory } from './directory';
import type { Issued } from './issued';
import type { Lifetimes, SandboxOptions } from './options';
import type { Buckets } from './s3-objects';
import type { TokenIssuer } from './token-issuer';

/** What every service of the sandbox works on. */
export interface World {
  readonly options: SandboxOptions;
  readonly directory: Directory;
  readonly lifetimes: Lifetimes;
  readonly issued: Issued;
  readonly buckets: Buckets;
  readonly tokenIssuer: TokenIssuer;
  readonly now: () => number;
  /** Epoch milliseconds: when everything in the directory came to be. */
  readonly startedAt: number;
  /** `http://127.0.0.1:PORT` */
  readonly url: () => string;
}
