import { Command } from 'commander';
import { ZspError } from '../errors';
import { configureProfilesCommand } from './configure-profiles';
import { type ConfigureRoleParts, configureRoleCommand } from './configure-role';
import { configureSetCommand } from './configure-set';
import { configureSsoCommand, keychainWords } from './configure-sso';
import { configureWizard, type WizardOptions, type WizardParts } from './configure-wizard';
import { keychainOption } from './login-keychain';

export type ConfigureParts = ConfigureRoleParts & WizardParts;

export function configureCommand(parts: ConfigureParts): Command {
  return new Command('configure')
    .summary('from a start URL to profiles')
    .description(
      'Asks for what it needs, signs in, and writes profiles for the accounts and roles you have. For scripts, each step has a ' +
        'command of its own. Whatever else is in your AWS config stays as it is, byte for byte.',
    )
    .addCommand(configureSsoCommand(parts))
    .addCommand(configureProfilesCommand(parts))
    .addCommand(configureRoleCommand(parts))
    .addCommand(configureSetCommand(parts))
    .addOption(keychainOption(keychainWords))
    .addHelpText('after', '\nExample:\n  zsp configure')
    .hook('preSubcommand', refuseKeychain)
    .action((options: WizardOptions) => configureWizard(parts, options));
}

/** Commander takes the wizard's flag from every verb below it, and only one of them has it too. */
function refuseKeychain(wizard: Command, verb: Command): void {
  if (verb.name() === 'sso' || wizard.opts<WizardOptions>().keychain === undefined) return;
  throw new ZspError('usage', `--keychain is no flag of zsp configure ${verb.name()}`, {
    remedy: 'run: zsp configure set SSO-SESSION zsp_keychain=…',
  });
}
