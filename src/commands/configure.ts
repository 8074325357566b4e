import { Command } from 'commander';
import { configureProfilesCommand } from './configure-profiles';
import { type ConfigureRoleParts, configureRoleCommand } from './configure-role';
import { configureSetCommand } from './configure-set';
import { configureSsoCommand } from './configure-sso';
import { configureWizard, type WizardParts } from './configure-wizard';

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
    .addHelpText('after', '\nExample:\n  zsp configure')
    .action(() => configureWizard(parts));
}
