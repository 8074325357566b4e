import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Env, home } from '../places';
import type { Check } from './check';

/** Where the AWS CLI keeps tokens and temporary credentials in plain text. */
export const clientCaches: Check = {
  name: 'the AWS CLI keeps nothing in plain text',
  async run({ env }) {
    return caches(env).flatMap(({ directory, holds }) => {
      const files = filesIn(directory);
      if (files.length === 0) return [];
      const count = files.length === 1 ? 'one file' : `${files.length} files`;
      return {
        message: `${directory} holds ${holds} in plain text, in ${count}`,
        remedy: 'sign in with zsp instead of the AWS CLI, and remove them: zsp doctor --fix',
        fix: {
          question: `Remove ${count} from ${directory}?`,
          apply: () => {
            for (const file of files) rmSync(join(directory, file), { force: true });
          },
        },
      };
    });
  },
};

function caches(env: Env): readonly { readonly directory: string; readonly holds: string }[] {
  const aws = join(home(env), '.aws');
  return [
    { directory: join(aws, 'cli', 'cache'), holds: 'temporary credentials' },
    { directory: join(aws, 'sso', 'cache'), holds: 'sign-in tokens' },
    { directory: env.AWS_LOGIN_CACHE_DIRECTORY || join(aws, 'login', 'cache'), holds: 'sign-in tokens' },
  ];
}

function filesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.json'))
      .map((entry) => entry.name);
  } catch {
    return [];
  }
}
