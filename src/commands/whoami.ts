import { Command } from 'commander';
import { issue } from '../broker/issue';
import { shellWindow } from '../broker/shell-window';
import type { World } from '../broker/world';
import type { Env } from '../places';
import type { Profile } from '../profile/profile';
import type { Conversation } from '../terminal/conversation';
import { printable, printableJson } from '../terminal/sanitize';
import { until } from '../terminal/time';
import { profileName, refuseTwice } from './options';

export interface WhoamiParts {
  readonly talk: Conversation;
  readonly world: World;
  readonly env: Env;
  now(): number;
  profile(name: string): Profile;
}

export function whoamiCommand(parts: WhoamiParts): Command {
  return new Command('whoami')
    .summary('who AWS says you are with a profile')
    .description('Asks AWS who a profile is (GetCallerIdentity), and tells what zsp knows of that session.')
    .argument('[profile]', 'AWS_PROFILE, then default, where none is named')
    .option('-p, --profile <profile>', 'the same')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  zsp whoami dev')
    .action((name: string | undefined, options: { profile?: string; json?: boolean }) => {
      refuseTwice(options.profile, name);
      return whoami(parts, profileName(name ?? options.profile, parts.env), options.json === true);
    });
}

async function whoami({ talk, world, env, now, profile: resolve }: WhoamiParts, name: string, json: boolean) {
  const profile = resolve(name);
  const { session, signIn } = await issue(world, profile, { windowId: shellWindow(env, name) });
  const at = { endpoints: profile.ssoSession.endpoints, region: profile.region };
  const { arn, accountId } = await world.sts.callerIdentity(at, session);
  const expiration = new Date(session.expiration).toISOString();
  if (json) {
    const found = {
      arn,
      accountId,
      profile: name,
      user: signIn.userName,
      accessKeyId: session.accessKeyId,
      expiration,
    };
    talk.answer(`${printableJson(found)}\n`);
    return;
  }
  const { bold } = talk.answerStyle;
  const rows = [
    ['arn', bold(printable(arn))],
    ['account', printable(accountId)],
    ['profile', printable(name)],
    ['signed in', `${printable(signIn.userName ?? 'unknown')} at ${printable(profile.ssoSession.name)}`],
    ['key', printable(session.accessKeyId)],
    ['ends', until(session.expiration, now())],
  ];
  for (const [title = '', value = ''] of rows) talk.answer(`${title.padEnd(10)} ${value}\n`);
}
