import { Command } from 'commander';
import type { AccountRoles } from '../broker/discovery';
import { ZspError } from '../errors';
import { checkChange } from '../profile/checked-change';
import type { Change } from '../profile/edit';
import { fitsGlobs } from '../profile/globs';
import { madeProfileChanges } from '../profile/made-profiles';
import { defaultNameTemplate, nameTemplate, type Reachable } from '../profile/name-template';
import type { SsoSession } from '../profile/profile';
import { type ChangeOptions, type ConfigChangeParts, changeConfig, withChangeOptions } from './config-change';
import { collected } from './options';
import { discoverReach, type ReachParts } from './reach';

export interface ConfigureProfilesParts extends ConfigChangeParts, ReachParts {
  readonly world: ReachParts['world'];
  ssoSession(name: string | undefined): SsoSession;
}

/** What is to be made, as the flags say it. */
export interface ProfileChoice {
  readonly accounts?: readonly string[];
  readonly roles?: readonly string[];
  readonly nameTemplate?: string;
  readonly region?: string;
  readonly prune?: boolean;
}

interface Options extends ChangeOptions, ProfileChoice {
  readonly session?: string;
}

export function configureProfilesCommand(parts: ConfigureProfilesParts): Command {
  const command = new Command('profiles')
    .summary('a profile for every account and role you have')
    .description('Asks the access portal which accounts and roles you have, and writes a profile for each.')
    .option('--session <name>', 'the [sso-session]; the only one is the default')
    .option('--accounts <glob>', "accounts by ID or name, like '1234*' or 'Dev*'; may be repeated", collected)
    .option('--roles <glob>', "roles by name, like '*ReadOnly*'; may be repeated", collected)
    .option(
      '--name-template <template>',
      'of {account_name}, {account_id}, {role_name}, with :lower or :slug',
      defaultNameTemplate,
    )
    .option('--region <region>', "the new profiles' region; by default Identity Center's")
    .option('--prune', 'remove profiles zsp made for roles you no longer have')
    .addHelpText('after', "\nExample:\n  zsp configure profiles --accounts 'Dev*' --roles ReadOnly");
  return withChangeOptions(command).action((options: Options) => configureProfiles(parts, options));
}

async function configureProfiles(parts: ConfigureProfilesParts, options: Options): Promise<void> {
  // A wrong template is said before a long discovery.
  nameTemplate(options.nameTemplate ?? defaultNameTemplate);
  const at = parts.ssoSession(options.session);
  const accounts = await discoverReach(parts, at);
  const draft = parts.readConfig();
  const changes = profileChanges(parts, draft, at, accounts, options);
  await changeConfig(parts, draft, changes, options);
}

/** @throws ZspError `usage` where nothing fits, names collide, or the profiles would not work */
export function profileChanges(
  parts: ConfigChangeParts,
  draft: { readonly text: string; readonly path: string },
  at: SsoSession,
  accounts: readonly AccountRoles[],
  choice: ProfileChoice,
): readonly Change[] {
  const all = accounts.flatMap(({ accountId, accountName, roles }) =>
    roles.map((roleName): Reachable => ({ accountId, accountName, roleName })),
  );
  const chosen = all.filter(
    ({ accountId, accountName, roleName }) =>
      fitsGlobs(choice.accounts ?? [], accountId, accountName) && fitsGlobs(choice.roles ?? [], roleName),
  );
  if (chosen.length === 0 && !choice.prune) {
    throw new ZspError('usage', `none of your ${all.length} roles in ${accounts.length} accounts fits`, {
      remedy: 'zsp list shows them; check --accounts and --roles',
    });
  }
  const nameOf = nameTemplate(choice.nameTemplate ?? defaultNameTemplate);
  const changes = madeProfileChanges(draft.text, {
    ssoSession: at.name,
    region: choice.region ?? at.region,
    profiles: chosen.map((one) => ({ ...one, name: nameOf(one) })),
    all: choice.prune ? all : undefined,
    processLine: parts.processLine,
  });
  // They differ in nothing that could be wrong: what holds for one holds for all.
  const [first] = changes;
  if (first && 'set' in first) {
    checkChange(draft.text, [first], { env: parts.env, path: draft.path, kind: 'profile', name: first.name });
  }
  return changes;
}
