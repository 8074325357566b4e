import { Command } from 'commander';
import { ZspError } from '../errors';
import type { KeyUse } from '../keys/iam';
import {
  deactivate,
  findStatic,
  type KeysWorld,
  lastUse,
  parseDays,
  preview,
  remove,
  replace,
  rollBack,
} from '../keys/migration';
import type { RetiredKey } from '../keys/retired-keys';
import type { StaticProfile } from '../keys/static-profiles';
import type { Profile } from '../profile/profile';
import type { Conversation } from '../terminal/conversation';
import type { Prompt } from '../terminal/prompt';
import { printable } from '../terminal/sanitize';
import { clockTime } from '../terminal/time';
import { chooseReplacement } from './keys-replacement';

export interface MigrateParts {
  readonly talk: Conversation;
  readonly prompt: Prompt;
  now(): number;
  profiles(): readonly string[];
  profile(name: string): Profile;
  keysWorld(): Promise<KeysWorld>;
}

interface Options {
  readonly to?: string;
  readonly iamProfile?: string;
  readonly days: string;
  readonly rollback?: boolean;
  readonly yes?: boolean;
}

const day = 86_400_000;

export function migrateCommand(parts: MigrateParts): Command {
  return new Command('migrate')
    .summary("replace profiles' long-lived keys: now deactivate them, later delete them")
    .description(
      'Lets zsp serve a profile that has a long-lived key, takes the key out of the files and deactivates it in IAM. ' +
        'Run again once the observation days are over, it deletes the key. Interrupted, it goes on where it was.',
    )
    .argument('[profile...]', 'profiles with a long-lived key; all of them where none is named')
    .option('--to <profile>', 'the zsp profile whose role replaces the key')
    .option(
      '--iam-profile <profile>',
      'the zsp profile that may change the key in IAM; the replacing one where none is named',
    )
    .option('--days <days>', 'how long a key stays deactivated before it is deleted', '14')
    .option('--rollback', 'activate the key again, and put it back')
    .option('-y, --yes', 'do it without asking')
    .addHelpText('after', '\nExamples:\n  zsp keys migrate legacy --to dev\n  zsp keys migrate legacy --rollback')
    .action((names: readonly string[], options: Options) => migrate(parts, names, options));
}

async function migrate(parts: MigrateParts, names: readonly string[], options: Options): Promise<void> {
  const days = parseDays(options.days);
  const world = await parts.keysWorld();
  const isMeant = ({ profile }: { readonly profile: string }) => names.length === 0 || names.includes(profile);
  const retired = world.retired.all().filter(isMeant);
  const fresh = findStatic(world).filter(
    ({ name, accessKeyId }) => isMeant({ profile: name }) && !retired.some((key) => key.accessKeyId === accessKeyId),
  );
  refuseUnknown(names, [...retired.map(({ profile }) => profile), ...fresh.map(({ name }) => name)]);
  if (options.rollback) return rollBackAll(parts, world, retired, options);
  if (retired.length + fresh.length === 0) parts.talk.answer('No profile has a long-lived key.\n');
  for (const key of retired) await goOn(parts, world, key, days, options);
  for (const one of fresh) await start(parts, world, one, days, options);
}

function refuseUnknown(names: readonly string[], known: readonly string[]): void {
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new ZspError('usage', `profile ${JSON.stringify(printable(unknown, 100))} has no long-lived key`, {
    remedy: 'zsp keys scan shows where keys are',
  });
}

/** A key whose way out has begun. */
async function goOn(parts: MigrateParts, world: KeysWorld, key: RetiredKey, days: number, options: Options) {
  const { talk, now } = parts;
  if (key.deactivatedAt === undefined) return finish(parts, world, key, days, options);
  const since = Date.parse(key.deactivatedAt);
  const due = since + days * day;
  const what = `${key.accessKeyId} of ${printable(key.profile, 60)}`;
  if (now() < due) {
    talk.answer(
      `${what} is deactivated since ${clockTime(since, now())}; zsp keys migrate deletes it from ${clockTime(due, now())} on.\n`,
    );
    return;
  }
  talk.say(
    `${what} is deactivated since ${clockTime(since, now())}. ${used(await lastUse(world, key.accessKeyId, key.iamProfile), now())}`,
  );
  if (!(await agreed(parts, options, `Delete ${key.accessKeyId} in IAM, for good?`))) return;
  await remove(world, key);
  done(talk, `${what} is deleted`);
}

/** A key that nobody has touched yet. */
async function start(parts: MigrateParts, world: KeysWorld, found: StaticProfile, days: number, options: Options) {
  const { talk, now } = parts;
  const { name, accessKeyId } = found;
  const replacedBy = await chooseReplacement(parts, found, options.to);
  const iamProfile = options.iamProfile ?? replacedBy;
  const use = await lastUse(world, accessKeyId, iamProfile);
  const { edit, added } = preview(world, name, replacedBy);
  talk.say(
    `${printable(name, 60)} has the key ${accessKeyId} of the IAM user ${printable(use.userName, 100)}. ${used(use, now())}`,
  );
  talk.say(`zsp will serve ${printable(name, 60)} as it serves ${printable(replacedBy, 60)}:`);
  showEdit(talk, edit.hunks);
  talk.say('Its key leaves the files; the secret waits in the keychain until the key is deleted.');
  const key: RetiredKey = { accessKeyId, userName: use.userName, profile: name, replacedBy, iamProfile, added };
  if (!(await agreed(parts, options, `Serve ${printable(name, 60)} with zsp?`))) return;
  await finish(parts, world, key, days, options);
}

async function finish(parts: MigrateParts, world: KeysWorld, key: RetiredKey, days: number, options: Options) {
  const { talk, now } = parts;
  await replace(world, key);
  done(talk, `zsp serves ${printable(key.profile, 60)}, and its key is out of the files`);
  if (!(await agreed(parts, options, `Deactivate ${key.accessKeyId} in IAM?`))) return;
  await deactivate(world, key);
  done(talk, `${key.accessKeyId} is deactivated`);
  talk.say(`If something else still needs it: zsp keys migrate ${printable(key.profile, 60)} --rollback`);
  talk.say(`From ${clockTime(now() + days * day, now())} on, zsp keys migrate deletes it.`);
}

async function rollBackAll(parts: MigrateParts, world: KeysWorld, retired: readonly RetiredKey[], options: Options) {
  if (retired.length === 0) parts.talk.answer('No key is being retired.\n');
  for (const key of retired) {
    const what = `${key.accessKeyId} of ${printable(key.profile, 60)}`;
    if (!(await agreed(parts, options, `Activate ${what} again, and put it back into the credentials file?`))) continue;
    await rollBack(world, key);
    done(parts.talk, `${what} is active again, and back in the credentials file`);
  }
}

async function agreed({ prompt }: MigrateParts, { yes }: Options, question: string): Promise<boolean> {
  if (yes) return true;
  if (prompt.interactive) return prompt.confirm(question, false);
  throw new ZspError('usage', 'there is no terminal to ask on', { remedy: 'say --yes to agree to each step' });
}

function used({ last }: KeyUse, now: number): string {
  if (!last) return 'IAM has never seen it used.';
  const { at, service, region } = last;
  return `Last used ${clockTime(at, now)}, for ${printable(service, 40)} in ${printable(region, 40)}.`;
}

function showEdit({ say, style }: Conversation, hunks: ReturnType<typeof preview>['edit']['hunks']): void {
  for (const { section, removed, added } of hunks) {
    if (section) say(`  ${printable(section)}`);
    // A removed line may be a secret: its key tells enough.
    for (const line of removed) say(`  ${style.red(`- ${printable(line.replace(/=.*/s, '= …'))}`)}`);
    for (const line of added.filter(Boolean)) say(`  ${style.green(`+ ${printable(line)}`)}`);
  }
}

function done({ answer, answerStyle }: Conversation, text: string): void {
  answer(`${answerStyle.green('✓')} ${text}\n`);
}
