import { Command, Option } from 'commander';
import type { Env } from '../places';
import { decodeProfileHex } from '../profile/process-line';
import { profileName } from './options';

export interface CredentialProcessParts {
  readonly env: Env;
  /** Prints a profile's credentials; with `ahead` it renews them before it is needed, and prints nothing. */
  serve(name: string, ahead: boolean): Promise<void>;
}

interface Options {
  readonly profile?: string;
  readonly profileHex?: string;
  readonly ahead?: boolean;
}

export function credentialProcessCommand(parts: CredentialProcessParts): Command {
  return new Command('credential-process')
    .summary('what ~/.aws/config runs to get credentials')
    .description('Prints credentials for AWS clients. It is run by them, through credential_process in ~/.aws/config.')
    .option('--profile <profile>', 'the profile to serve')
    .option('--profile-hex <hex>', 'the same, its UTF-8 bytes in hexadecimal: for names a shell would read otherwise')
    .addOption(new Option('--ahead', 'renew a session before it is needed, and print nothing').hideHelp())
    .addHelpText('after', '\nExample:\n  zsp credential-process --profile dev')
    .action(({ profile, profileHex: hex, ahead }: Options) =>
      parts.serve(hex === undefined ? profileName(profile, parts.env) : decodeProfileHex(hex), ahead === true),
    );
}
