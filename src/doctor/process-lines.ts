import { existsSync } from 'node:fs';
import { findConfigFile } from '../profile/config-file';
import { editConfig } from '../profile/edit';
import { credentialProcessLine } from '../profile/process-line';
import { listProfiles } from '../profile/resolve';
import { findSection } from '../profile/sections';
import { readConfigDraft, writeConfig } from '../profile/write-config';
import type { Check, DoctorWorld } from './check';
import { findingOf } from './finding-of';
import { withoutProfile } from './idle';
import { shown } from './shown';

/** Every profile of zsp has a credential_process, which runs programs that are there, for this profile. */
export const processLines: Check = {
  name: 'AWS clients find zsp',
  idle: withoutProfile,
  async run(world) {
    const { text } = findConfigFile(world.env);
    const names = listProfiles(world.env);
    return names.flatMap((name) => {
      const line = findSection(text, 'profile', name)?.values.get('credential_process')?.text;
      const problem = problemOf(line, name);
      if (problem === undefined) return [];
      const unwritable = findingOf(() => lineFor(world, name));
      if (unwritable.length > 0) return unwritable;
      return {
        message: `profile ${shown(name)}: ${problem}`,
        remedy: `set its credential_process to: ${lineFor(world, name)} (zsp doctor --fix does it)`,
        fix: { question: `Correct the credential_process of ${shown(name)}?`, apply: () => correct(world, name) },
      };
    });
  },
};

function problemOf(line: string | undefined, name: string): string | undefined {
  if (line === undefined) return 'it has no credential_process, so AWS clients never ask zsp';
  const words = line.split(/\s+/);
  const verb = words.indexOf('credential-process');
  // Somebody's own wrapper: it may do as it likes.
  if (verb < 1) return undefined;
  const gone = words.slice(0, verb).find((word) => /^(?:[/\\]|[A-Za-z]:)/.test(word) && !existsSync(word));
  if (gone !== undefined) return `its credential_process runs ${gone}, which is not there`;
  const asked = namedIn(words.slice(verb + 1));
  return asked === name
    ? undefined
    : `its credential_process asks for ${asked === undefined ? 'no profile' : shown(asked)}`;
}

function namedIn([flag, value]: readonly string[]): string | undefined {
  if (flag === '--profile-hex' && value !== undefined) return Buffer.from(value, 'hex').toString('utf8');
  return flag === '--profile' ? value?.replace(/^(["'])(.*)\1$/, '$2') : undefined;
}

function lineFor({ node, script }: DoctorWorld, name: string): string {
  return credentialProcessLine(node, script, name);
}

function correct(world: DoctorWorld, name: string): void {
  const draft = readConfigDraft(world.env);
  const set = { credential_process: lineFor(world, name) };
  writeConfig(draft, editConfig(draft.text, [{ kind: 'profile', name, set }]).text);
}
