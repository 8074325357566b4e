import type { Env } from '../places';
import type { KeychainChoice } from '../profile/profile';
import type { Check, Finding } from './check';
import { asFinding } from './finding-of';
import { signIns } from './sign-ins';

/** Each keychain that a sign-in uses keeps an item, and not in plain text. */
export const keychain: Check = {
  name: 'the keychain keeps what it is given',
  async run({ env, tryKeychain }) {
    const findings: Finding[] = [];
    for (const [choice, session] of choices(env)) {
      try {
        await tryKeychain(choice);
      } catch (error) {
        findings.push(withOtherKeychain(asFinding(error), choice, session));
      }
    }
    return findings;
  },
};

/** Every keychain that is configured, with a session that uses it. */
function choices(env: Env): ReadonlyMap<KeychainChoice, string | undefined> {
  const found = new Map<KeychainChoice, string | undefined>();
  for (const { keychain: choice, name } of signIns(env)) if (!found.has(choice)) found.set(choice, name);
  return found.size > 0 ? found : new Map([['auto', undefined]]);
}

function withOtherKeychain(finding: Finding, choice: KeychainChoice, session: string | undefined): Finding {
  if (choice === 'file') return finding;
  const login = ['zsp login', ...(session === undefined ? [] : [session]), '--keychain file'].join(' ');
  const other = choice === 'auto' ? `move to another keychain: ${login}` : 'choose another zsp_keychain';
  return { ...finding, remedy: `${finding.remedy}; or ${other}` };
}
