import { chmodSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { places } from '../places';
import { credentialsPath } from '../profile/credentials-file';
import { configPath } from '../profile/settings';
import type { Check, DoctorWorld, Finding } from './check';

/** Files that decide what is run and issued are nobody else's to write; those that tell something, nobody else's to read. */
export const fileModes: Check = {
  name: 'files are yours alone',
  async run(world) {
    return world.platform === 'win32' ? [] : watched(world).flatMap(look);
  },
};

interface Watched {
  readonly path: string;
  readonly must: keyof typeof forbidden;
}

/** A group may well own a checkout or an installation. */
const forbidden = { unwritable: 0o022, installed: 0o002, private: 0o077 } as const;
const rights = { unwritable: 'go-w', installed: 'o-w', private: 'go=' } as const;

function watched({ env, platform, script }: DoctorWorld): readonly Watched[] {
  const { config, state } = places(env, platform);
  const policies = join(config, 'policies');
  const unwritable = [
    dirname(configPath(env)),
    configPath(env),
    policies,
    ...namesIn(policies).map((name) => join(policies, name)),
  ];
  return [
    { path: script, must: 'installed' },
    ...unwritable.map((path) => ({ path, must: 'unwritable' as const })),
    ...[credentialsPath(env), state].map((path) => ({ path, must: 'private' as const })),
  ];
}

function look({ path, must }: Watched): readonly Finding[] {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return [];
  const { mode, uid } = found;
  if (uid !== process.geteuid?.() && uid !== 0) {
    return [
      { message: `${path} belongs to another user, who can change it`, remedy: `run: sudo chown "$USER" ${path}` },
    ];
  }
  const excess = mode & forbidden[must];
  if (excess === 0) return [];
  const can = must === 'private' ? 'read' : 'change';
  const right = rights[must];
  return [
    {
      message: `other users can ${can} ${path} (mode ${(mode & 0o777).toString(8)})`,
      remedy: `run: chmod ${right} ${path}; or zsp doctor --fix`,
      fix: { question: `Run chmod ${right} ${path}?`, apply: () => chmodSync(path, mode & 0o7777 & ~forbidden[must]) },
    },
  ];
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
