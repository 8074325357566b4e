import { Command } from 'commander';
import { fitsGlobs } from '../profile/globs';
import type { PermissionSetProfile } from '../profile/permission-set-profiles';
import type { SsoSession } from '../profile/profile';
import type { Conversation } from '../terminal/conversation';
import { printableJson } from '../terminal/sanitize';
import { table } from '../terminal/table';
import { type ReachParts, recentReach } from './reach';

export interface ListParts extends ReachParts {
  readonly talk: Conversation;
  ssoSession(name: string | undefined): SsoSession;
  permissionSetProfiles(): readonly PermissionSetProfile[];
}

interface Options {
  readonly session?: string;
  readonly json?: boolean;
}

/** A permission set in an account, and the profiles that stand for it. */
interface Row {
  readonly accountId: string;
  readonly accountName: string;
  readonly emailAddress: string;
  readonly roleName: string;
  readonly profiles: readonly string[];
}

export function listCommand(parts: ListParts): Command {
  return new Command('list')
    .summary('your accounts and roles, and their profiles')
    .description('Lists the accounts and roles of a sign-in, with the profiles that reach them.')
    .argument('[filter]', "part of an account's ID or name, a role or a profile; * and ? are wildcards")
    .option('--session <name>', 'the [sso-session]; the only one is the default')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  zsp list admin')
    .action((filter: string | undefined, options: Options) => list(parts, filter, options));
}

async function list(parts: ListParts, filter: string | undefined, options: Options): Promise<void> {
  const { talk } = parts;
  const at = parts.ssoSession(options.session);
  const profiles = parts.permissionSetProfiles().filter(({ ssoSession }) => ssoSession === at.name);
  const all = (await recentReach(parts, at)).flatMap(({ roles, ...account }) =>
    roles.map((roleName): Row => ({ ...account, roleName, profiles: reaching(profiles, account.accountId, roleName) })),
  );
  const rows = filter === undefined ? all : all.filter((row) => fits(row, filter));
  if (options.json) {
    talk.answer(`${printableJson({ ssoSession: at.name, roles: rows }, 2)}\n`);
    return;
  }
  const { bold } = talk.answerStyle;
  const cells = rows.map((row) => [row.accountName, row.accountId, row.roleName, row.profiles.join(', ')]);
  // Half an account ID or a profile's name could not be used.
  const shape = { heading: bold, width: talk.columns, narrowest: 16 };
  talk.answer(table(['ACCOUNT', 'ID', 'ROLE', 'PROFILES'], cells, shape));
  if (rows.length === 0) talk.say(`None of your ${all.length} roles fits.`);
}

function reaching(profiles: readonly PermissionSetProfile[], accountId: string, roleName: string): readonly string[] {
  return profiles.filter((one) => one.accountId === accountId && one.roleName === roleName).map(({ name }) => name);
}

function fits({ accountId, accountName, roleName, profiles }: Row, filter: string): boolean {
  return fitsGlobs([`*${filter}*`], accountId, accountName, roleName, ...profiles);
}
