import { realpathSync } from 'node:fs';
import { readRegularFile } from '../places';
import { credentialsEntries, credentialsPath, staticKeys } from '../profile/credentials-file';
import { listProfiles } from '../profile/resolve';
import type { Check } from './check';
import { withoutProfile } from './idle';
import { shown } from './shown';

/** Static keys under a zsp profile's name in the credentials file: every SDK takes them and never asks zsp. */
export const credentialsFile: Check = {
  name: 'no static key stands in for a profile of zsp',
  idle: withoutProfile,
  async run({ env }) {
    const path = credentialsPath(env);
    const entries = credentialsEntries(readIfThere(path)).filter(({ key }) => staticKeys.includes(key));
    return listProfiles(env).flatMap((name) => {
      const own = entries.filter((entry) => entry.section === name);
      if (own.length === 0) return [];
      const lines = own.map((entry) => entry.line).join(', ');
      return {
        message: `${path} has static keys for ${shown(name)}, which AWS clients take instead of asking zsp`,
        remedy: `replace them: zsp keys migrate ${shown(name)}; or remove lines ${lines}`,
      };
    });
  },
};

function readIfThere(path: string): string {
  try {
    return readRegularFile(realpathSync.native(path)).toString();
  } catch {
    return '';
  }
}
