import { Command } from 'commander';
import { ZspError } from '../errors';
import { checkChange } from '../profile/checked-change';
import { profileKeys } from '../profile/schema';
import { findSection } from '../profile/sections';
import { printable } from '../terminal/sanitize';
import { type ChangeOptions, type ConfigChangeParts, changeConfig, withChangeOptions } from './config-change';

export function configureSetCommand(parts: ConfigChangeParts): Command {
  const command = new Command('set')
    .summary('change keys of one profile or sso-session')
    .description(
      'Sets keys of a zsp profile or an sso-session; key= takes one away. A change after which zsp could not serve it is refused.',
    )
    .argument('<name>', 'the profile, or the sso-session')
    .argument('<key=value...>', 'like zsp_duration=30m region=eu-west-1 zsp_reason=')
    .addHelpText('after', '\nExample:\n  zsp configure set deploy zsp_duration=30m zsp_elevation=required');
  return withChangeOptions(command).action((name: string, pairs: readonly string[], options: ChangeOptions) =>
    configureSet(parts, name, pairs, options),
  );
}

async function configureSet(
  parts: ConfigChangeParts,
  name: string,
  pairs: readonly string[],
  options: ChangeOptions,
): Promise<void> {
  const draft = parts.readConfig();
  const said = Object.fromEntries(pairs.map(splitPair));
  const kind = sectionOf(draft.text, name, said);
  const set = kind === 'profile' ? { ...said, credential_process: parts.processLine(name) } : said;
  const changes = [{ kind, name, set }];
  checkChange(draft.text, changes, { env: parts.env, path: draft.path, kind, name });
  await changeConfig(parts, draft, changes, options);
}

/** Where both are of one name, the keys say which is meant. */
function sectionOf(text: string, name: string, said: Readonly<Record<string, unknown>>): 'profile' | 'sso-session' {
  if (!findSection(text, 'sso-session', name)) return 'profile';
  const isProfile = findSection(text, 'profile', name) !== undefined;
  return isProfile && Object.keys(said).some((key) => key in profileKeys.shape) ? 'profile' : 'sso-session';
}

function splitPair(pair: string): [string, string | undefined] {
  const equals = pair.indexOf('=');
  const key = pair.slice(0, equals).trim().toLowerCase();
  const value = pair.slice(equals + 1).trim();
  if (equals > 0 && key !== 'credential_process') return [key, value || undefined];
  const problem = equals > 0 ? 'zsp writes credential_process itself' : `${printable(pair, 40)} is not key=value`;
  throw new ZspError('usage', problem, { remedy: 'write it like zsp_duration=30m' });
}
