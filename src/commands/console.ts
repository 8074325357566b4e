import { Command } from 'commander';
import { issue } from '../broker/issue';
import type { ConsoleSignIn, Session } from '../broker/ports';
import { shellWindow } from '../broker/shell-window';
import { ZspError } from '../errors';
import { consoleEndpoints, partitionOf } from '../profile/endpoints';
import type { Profile } from '../profile/profile';
import { handOver } from '../terminal/handover';
import { printable } from '../terminal/sanitize';
import { until } from '../terminal/time';
import { afterLogout, loginAddress } from './console-address';
import { namedDestination, serviceConsole } from './console-destination';
import { type ChoiceParts, isCalled, profileMeant } from './profile-choice';

export interface ConsoleParts extends ChoiceParts {
  readonly console: ConsoleSignIn;
  openBrowser(url: string, command?: string): Promise<boolean>;
}

interface Options {
  readonly profile?: string;
  readonly destination?: string;
  readonly region?: string;
  readonly print?: boolean;
  readonly logoutFirst?: boolean;
}

export function consoleCommand(parts: ConsoleParts): Command {
  return new Command('console')
    .summary('open the AWS console with a profile')
    .description("Opens the AWS console with a profile's credentials, on a service's page if one is named.")
    .argument('[profile]', 'its name, or a part of it; AWS_PROFILE, then default, where none is named')
    .argument('[service...]', 'like s3, ec2, cloudwatch, lambda, logs; before it, more parts of the name')
    .option('-p, --profile <profile>', 'the same as the first argument, which is then the service')
    .option('--destination <url>', 'a page of the console, instead of a service')
    .option('--region <region>', "the console's region; the profile's where none is named")
    .option('--print', 'print the address instead of opening it: whoever has it is signed in, once, within 15 minutes')
    .option('--logout-first', 'sign the browser out of the session it has')
    .addHelpText('after', '\nExample:\n  zsp console dev s3')
    .action((first: string | undefined, more: readonly string[], options: Options) =>
      openConsole(parts, first === undefined ? [] : [first, ...more], options),
    );
}

/** `prod adm s3`: the last word is the service, unless a profile or a role has all of them in its name and none is named exactly. */
async function split(
  parts: ConsoleParts,
  words: readonly string[],
  named: string | undefined,
): Promise<{ readonly about: readonly string[]; readonly service: string | undefined }> {
  const exact = words.length === 2 && parts.profiles().includes(words[0] ?? '');
  const isService = named !== undefined || exact || (words.length > 1 && !(await isCalled(parts, words)));
  return isService ? { about: words.slice(0, -1), service: words.at(-1) } : { about: words, service: undefined };
}

async function openConsole(parts: ConsoleParts, words: readonly string[], options: Options): Promise<void> {
  const { talk, world, env } = parts;
  const { about, service } = await split(parts, words, options.profile);
  const profile = await profileMeant(parts, about, options.profile);
  const region = regionOf(profile, options.region);
  const at = consoleEndpoints(profile.ssoSession.endpoints, region);
  if (service !== undefined && options.destination !== undefined) {
    throw new ZspError('usage', 'name a service or a --destination, not both', { remedy: 'run: zsp console --help' });
  }
  const destination =
    options.destination === undefined
      ? serviceConsole(service, at.console, region)
      : namedDestination(options.destination, at.console);

  const { session } = await issue(world, profile, { windowId: shellWindow(env, profile.name) });
  const seconds = sessionSeconds(session, parts.now());
  const token = await parts.console.signinToken({ signIn: at.signIn, region }, session, seconds);
  const login = loginAddress(at.signIn, destination, token);
  const address = options.logoutFirst ? afterLogout(at.signIn, login) : login;

  if (options.print) {
    talk.answer(`${address}\n`);
    return;
  }
  if (!(await handOver(address, (url) => parts.openBrowser(url, profile.browser)))) {
    throw new ZspError('usage', 'there is no browser to open here', {
      remedy: 'run it with --print, and open the address where you are',
    });
  }
  const who = session.assumedRoleArn ?? `account ${session.accountId}`;
  talk.say(
    `Opened ${new URL(destination).host} as ${printable(who)}, until ${until(session.expiration, parts.now())}.`,
  );
}

function regionOf(profile: Profile, named: string | undefined): string {
  if (named === undefined) return profile.region;
  if (partitionOf(named) === partitionOf(profile.ssoSession.region)) return named;
  throw new ZspError('usage', `--region is of another partition than the sign-in`, {
    remedy: 'name a region of its partition',
  });
}

/** The console session ends with the credentials; AWS takes no duration from chained ones, whose session it ends by itself. */
function sessionSeconds(session: Session, now: number): number | undefined {
  if (session.assumedRoleArn !== undefined) return undefined;
  return Math.min(43_200, Math.max(900, Math.floor((session.expiration - now) / 1000)));
}
