import { existsSync } from 'node:fs';
import type { Env } from '../places';
import { findConfigFile } from '../profile/config-file';
import { nearest } from '../profile/nearest';
import { sectionNames } from '../profile/sections';
import { configPath } from '../profile/settings';
import type { Check, Finding } from './check';
import { shown } from './shown';

/** Variables that beat a profile, or lead AWS clients astray. */
export const environment: Check = {
  name: 'the environment overrides nothing',
  async run({ env }) {
    return [...staticKeys(env), ...unknownProfile(env), ...absentConfig(env), ...openTls(env)];
  },
};

const keys = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_SECURITY_TOKEN'];

function staticKeys(env: Env): readonly Finding[] {
  const set = keys.filter((name) => env[name]);
  if (set.length === 0) return [];
  const message = `${set.join(', ')} ${set.length === 1 ? 'is' : 'are'} set: most AWS clients take that before any profile`;
  return [{ message, remedy: `run: unset ${set.join(' ')}` }];
}

function unknownProfile(env: Env): readonly Finding[] {
  const names = sectionNames(findConfigFile(env).text, 'profile');
  return ['AWS_PROFILE', 'AWS_DEFAULT_PROFILE'].flatMap((variable) => {
    const name = env[variable];
    if (!name || name === 'default' || names.includes(name)) return [];
    const [likely] = nearest(name, names, 1);
    const remedy = likely === undefined ? `run: unset ${variable}` : `run: export ${variable}=${shown(likely)}`;
    return { message: `${variable} names ${shown(name)}, which is no profile of ${configPath(env)}`, remedy };
  });
}

function absentConfig(env: Env): readonly Finding[] {
  const path = configPath(env);
  if (!env.AWS_CONFIG_FILE || existsSync(path)) return [];
  return [{ message: `AWS_CONFIG_FILE names ${path}, which is not there`, remedy: 'run: unset AWS_CONFIG_FILE' }];
}

function openTls(env: Env): readonly Finding[] {
  if (env.NODE_TLS_REJECT_UNAUTHORIZED !== '0') return [];
  return [
    {
      message: 'NODE_TLS_REJECT_UNAUTHORIZED=0 lets anyone read credentials on the way; zsp refuses to work with it',
      remedy: 'run: unset NODE_TLS_REJECT_UNAUTHORIZED; and name your certificate authority in AWS_CA_BUNDLE',
    },
  ];
}
