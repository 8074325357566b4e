import { findConfigFile } from '../profile/config-file';
import { allSections, isZspKey, type Section } from '../profile/sections';
import { bypassingKeys } from '../profile/settings';
import type { Check } from './check';
import { shown } from './shown';

/** Keys beside a credential_process of zsp with which some or all SDKs never run it (docs/adr/0002). */
export const precedence: Check = {
  name: 'nothing comes before credential_process',
  async idle({ env }) {
    return served(findConfigFile(env).text).length > 0 ? undefined : 'there is no profile of zsp yet';
  },
  async run({ env }) {
    const { path, text } = findConfigFile(env);
    return served(text).flatMap(({ name, values }) => {
      const found = bypassingKeys.filter((key) => values.has(key));
      if (found.length === 0) return [];
      const lines = found.map((key) => values.get(key)?.line).join(', ');
      return {
        message: `profile ${shown(name)} has ${found.join(', ')}: some or all AWS clients take that instead of asking zsp`,
        remedy: `remove ${found.join(', ')} (line ${lines} of ${path})`,
      };
    });
  },
};

function served(text: string): readonly Section[] {
  return allSections(text, 'profile').filter(isServed);
}

function isServed({ values }: Section): boolean {
  const line = values.get('credential_process')?.text ?? '';
  return /(?:^|\s)credential-process(?:\s|$)/.test(line) || [...values.keys()].some(isZspKey);
}
