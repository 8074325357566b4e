import { Command } from 'commander';
import { checkChange } from '../profile/checked-change';
import type { Change } from '../profile/edit';
import { type ChangeOptions, type ConfigChangeParts, changeConfig, withChangeOptions } from './config-change';
import { keychainOption } from './login-keychain';

interface Options extends ChangeOptions {
  readonly startUrl: string;
  readonly ssoRegion: string;
  readonly session?: string;
  readonly keychain?: string;
}

export const keychainWords = 'where its secrets are kept (zsp_keychain); by default the best there is';

export function configureSsoCommand(parts: ConfigChangeParts): Command {
  const command = new Command('sso')
    .summary('add or change a sign-in: an [sso-session]')
    .description("Writes an [sso-session] from your access portal's start URL and Identity Center's region.")
    .requiredOption('--start-url <url>', 'like https://corp.awsapps.com/start')
    .requiredOption('--sso-region <region>', 'where IAM Identity Center lives')
    .option('--session <name>', "the sso-session's name; by default from the start URL")
    .addOption(keychainOption(keychainWords))
    .addHelpText(
      'after',
      '\nExample:\n  zsp configure sso --start-url https://corp.awsapps.com/start --sso-region eu-west-1',
    );
  // The wizard has --keychain too, and commander gives it to that.
  return withChangeOptions(command).action((_: unknown, self: Command) =>
    configureSso(parts, self.optsWithGlobals<Options>()),
  );
}

async function configureSso(parts: ConfigChangeParts, options: Options): Promise<void> {
  const { startUrl, ssoRegion, session: name = sessionNameFor(startUrl), keychain } = options;
  const draft = parts.readConfig();
  const changes = [ssoSessionChange(name, startUrl, ssoRegion, keychain)];
  checkChange(draft.text, changes, { ...parts, path: draft.path, kind: 'sso-session', name });
  await changeConfig(parts, draft, changes, options);
}

/** @param keychain by default what the file says already, or nothing */
export function ssoSessionChange(name: string, startUrl: string, region: string, keychain?: string): Change {
  const set = { sso_start_url: startUrl, sso_region: region, sso_registration_scopes: 'sso:account:access' };
  return { kind: 'sso-session', name, set: keychain === undefined ? set : { ...set, zsp_keychain: keychain } };
}

/** `corp` for https://corp.awsapps.com/start. */
export function sessionNameFor(startUrl: string): string {
  const [label = ''] = URL.canParse(startUrl) ? new URL(startUrl).hostname.split('.') : [];
  return /^[a-z][a-z0-9-]*$/.test(label) ? label : 'sso';
}
