import { Option } from 'commander';
import { ZspError } from '../errors';
import { type KeychainChoice, keychainChoices, type SsoSession } from '../profile/profile';
import type { Conversation } from '../terminal/conversation';
import { printable } from '../terminal/sanitize';

type Backend = Exclude<KeychainChoice, 'auto'>;

export interface KeychainParts {
  readonly talk: Conversation;
  /** Makes this keychain the recorded one, with every item of the old. */
  moveKeychain(to: Backend): Promise<{ readonly moved: number; readonly lost?: ZspError }>;
}

export function keychainOption(does = 'keep secrets in another keychain from now on, and move them there'): Option {
  return new Option('--keychain <backend>', does).choices(keychainChoices.filter((choice) => choice !== 'auto'));
}

/** @throws ZspError `usage` where the config file names the keychain: that is where to change it */
export async function moveTo({ talk, moveKeychain }: KeychainParts, at: SsoSession, to: Backend): Promise<void> {
  if (at.keychain !== 'auto' && at.keychain !== to) {
    const message = `[sso-session ${printable(at.name)}] keeps its secrets in zsp_keychain = ${at.keychain}`;
    throw new ZspError('usage', message, { remedy: `change or remove zsp_keychain there, then run zsp login` });
  }
  const { moved, lost } = await moveKeychain(to);
  const items = moved === 1 ? 'one item' : `${moved} items`;
  talk.say(`Secrets are kept in ${to} from now on${moved > 0 ? `; ${items} moved there` : ''}.`);
  if (lost) talk.say(`What the old keychain holds stays there: ${printable(lost.message)}`);
}
