import { Command } from 'commander';
import { ZspError } from '../errors';
import { checkChange } from '../profile/checked-change';
import { printable } from '../terminal/sanitize';
import { type ChangeOptions, type ConfigChangeParts, changeConfig, withChangeOptions } from './config-change';

export function configureSetCommand(parts: ConfigChangeParts): Command {
  const command = new Command('set')
    .summary('change keys of one profile')
    .description(
      'Sets keys of a zsp profile; key= takes one away. A change after which zsp could not serve it is refused.',
    )
    .argument('<profile>', 'the profile')
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
  const set = { ...said, credential_process: parts.processLine(name) };
  const changes = [{ kind: 'profile' as const, name, set }];
  checkChange(draft.text, changes, { env: parts.env, path: draft.path, kind: 'profile', name });
  await changeConfig(parts, draft, changes, options);
}

function splitPair(pair: string): [string, string | undefined] {
  const equals = pair.indexOf('=');
  const key = pair.slice(0, equals).trim().toLowerCase();
  const value = pair.slice(equals + 1).trim();
  if (equals > 0 && key !== 'credential_process') return [key, value || undefined];
  const problem = equals > 0 ? 'zsp writes credential_process itself' : `${printable(pair, 40)} is not key=value`;
  throw new ZspError('usage', problem, { remedy: 'write it like zsp_duration=30m' });
}
