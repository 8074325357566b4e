import type { Check, DoctorWorld, Finding } from './check';
import { clientCaches } from './client-caches';
import { clock } from './clock';
import { config } from './config';
import { credentialsFile } from './credentials-file';
import { endpointsReached } from './endpoints-reached';
import { environment } from './environment';
import { fileModes } from './file-modes';
import { asFinding } from './finding-of';
import { keychain } from './keychain';
import { precedence } from './precedence';
import { processLines } from './process-lines';
import { versions } from './versions';

/** What zsp doctor looks at, in this order. */
export const checks: readonly Check[] = [
  versions,
  config,
  processLines,
  precedence,
  credentialsFile,
  environment,
  fileModes,
  clientCaches,
  keychain,
  endpointsReached,
  clock,
];

/** Why a check has nothing to look at. What it throws, the check itself will tell of. */
export async function idleReason(check: Check, world: DoctorWorld): Promise<string | undefined> {
  try {
    return await check.idle?.(world);
  } catch {
    return undefined;
  }
}

/** Runs a check; what it throws on purpose is a finding too. */
export async function examine(check: Check, world: DoctorWorld): Promise<readonly Finding[]> {
  try {
    return await check.run(world);
  } catch (error) {
    return [asFinding(error)];
  }
}
