import { ZspError } from '../errors';
import type { Env } from '../places';
import { type Change, editConfig } from './edit';
import { resolveProfileIn } from './resolve';
import { findSection } from './sections';
import { checkedSsoSession } from './sso-session';

/** A text with changes made that leave one profile or sso-session as zsp can serve it. */
export interface Checked {
  readonly path: string;
  readonly env: Env;
  readonly kind: 'profile' | 'sso-session';
  readonly name: string;
}

/**
 * Whether a changed config file holds a profile or sso-session that zsp can serve: before it is written, since a wrong one
 * would break the user's `aws`.
 * @throws ZspError `usage`, of the key and what was expected
 */
export function checkChange(text: string, changes: readonly Change[], { path, env, kind, name }: Checked): void {
  const config = { path, env, text: editConfig(text, changes).text };
  try {
    if (kind === 'profile') resolveProfileIn(config, name);
    const section = kind === 'sso-session' ? findSection(config.text, kind, name) : undefined;
    if (section) checkedSsoSession(config, section);
  } catch (cause) {
    if (!(cause instanceof ZspError)) throw cause;
    const problem = cause.message.replace(path, '').replace(/^(?::\d+)?: /, '');
    throw new ZspError('usage', `${kind} ${name} would not work: ${problem}`, {
      ...(cause.remedy && !/\bline \d+$/.test(cause.remedy) && { remedy: cause.remedy }),
      cause,
    });
  }
}
