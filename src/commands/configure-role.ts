import { Command, Option } from 'commander';
import { type Caller, type Template, targetRoleTemplate, templates } from '../policy/target-role';
import { checkChange } from '../profile/checked-change';
import type { Change } from '../profile/edit';
import type { Profile } from '../profile/profile';
import { permissionSetOf } from '../profile/role-arn';
import { type ChangeOptions, type ConfigChangeParts, changeConfig, withChangeOptions } from './config-change';
import { collected } from './options';

export interface ConfigureRoleParts extends ConfigChangeParts {
  profile(name: string): Profile;
}

interface Options extends ChangeOptions {
  readonly source: string;
  readonly roleArn: string;
  readonly policy?: string;
  readonly policyArn?: readonly string[];
  readonly duration?: string;
  readonly region?: string;
  readonly externalId?: string;
  readonly sourceIdentity?: string;
  readonly tag?: readonly string[];
  readonly elevation?: string;
  readonly reason?: string;
  readonly printTrust?: Template;
}

export function configureRoleCommand(parts: ConfigureRoleParts): Command {
  const command = new Command('role')
    .summary('a profile for a role to assume, scoped and short')
    .description(
      "Adds a profile that assumes a role with another profile's credentials; or prints the role, with whom it must trust.",
    )
    .argument('<name>', "the profile's name")
    .requiredOption('--source <profile>', 'the zsp profile whose credentials assume the role')
    .requiredOption('--role-arn <arn>', 'the role')
    .option('--policy <policy>', "session policy: a policy's name, an absolute path, or JSON in one line")
    .option('--policy-arn <arn>', 'managed session policy; may be repeated', collected)
    .option('-d, --duration <time>', 'how long a session lives, like 30m')
    .option('--region <region>', "the profile's region; by default its source's")
    .option('--external-id <id>', "as the role's trust policy demands it")
    .option('--source-identity <name>', 'source identity')
    .option('--tag <key=value>', 'session tag; may be repeated', collected)
    .addOption(new Option('--elevation <when>', 'issue only while zsp assume is open').choices(['required']))
    .addOption(new Option('--reason <when>', 'zsp assume wants a reason').choices(['required']))
    .addOption(new Option('--print-trust <template>', 'print the role for its account instead').choices(templates))
    .addHelpText(
      'after',
      '\nExample:\n  zsp configure role deploy --source dev --role-arn arn:aws:iam::444455556666:role/deploy --elevation required',
    );
  return withChangeOptions(command).action((name: string, options: Options) => configureRole(parts, name, options));
}

async function configureRole(parts: ConfigureRoleParts, name: string, options: Options): Promise<void> {
  const draft = parts.readConfig();
  const changes = [roleChange(parts, name, options)];
  checkChange(draft.text, changes, { env: parts.env, path: draft.path, kind: 'profile', name });
  if (!options.printTrust) return await changeConfig(parts, draft, changes, options);
  const target = {
    roleArn: options.roleArn,
    caller: callerOf(parts.profile(options.source)),
    externalId: options.externalId,
    sourceIdentity: options.sourceIdentity !== undefined,
    tags: options.tag !== undefined,
  };
  parts.talk.answer(targetRoleTemplate(target, options.printTrust));
}

function roleChange(parts: ConfigureRoleParts, name: string, options: Options): Change {
  const keys = {
    credential_process: parts.processLine(name),
    region: options.region,
    zsp_source_profile: options.source,
    zsp_role_arn: options.roleArn,
    zsp_session_policy: options.policy,
    zsp_policy_arns: options.policyArn?.join(','),
    zsp_duration: options.duration,
    zsp_external_id: options.externalId,
    zsp_source_identity: options.sourceIdentity,
    zsp_session_tags: options.tag?.join(','),
    zsp_elevation: options.elevation,
    zsp_reason: options.reason,
  };
  // What was not said stays as it is: this is no way to take an interlock off unseen.
  const said = Object.entries(keys).filter(([, value]) => value !== undefined);
  return { kind: 'profile', name, set: Object.fromEntries(said) };
}

/** Whose credentials assume the role: what the source's are in the end. */
function callerOf(profile: Profile): Caller {
  if (profile.role) return { kind: 'role', roleArn: profile.role.roleArn };
  return { ...permissionSetOf(profile), region: profile.ssoSession.region };
}
