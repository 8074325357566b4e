import type { Held } from '../broker/inventory';
import type { SignInItem } from '../broker/items';
import { shellWindow } from '../broker/shell-window';
import { ZspError } from '../errors';
import type { Env } from '../places';
import type { SsoSession } from '../profile/profile';
import { bar, urgency } from '../terminal/bar';
import type { Conversation } from '../terminal/conversation';
import { flow } from '../terminal/flow';
import { printable } from '../terminal/sanitize';
import { clockTime, timeLeft, until } from '../terminal/time';
import { cutToWidth, textWidth } from '../terminal/width';
import type { Seen } from './status';

interface Surroundings {
  readonly env: Env;
  readonly now: number;
  /** Account names by ID, as far as they are known. */
  readonly names: ReadonlyMap<string, string>;
}

/** The end of what is served: a window outlives its sessions, which are renewed until it closes. */
export function endOf({ session, window }: Held['item']): number {
  return window ? window.endsAt : session.expiration;
}

/** What is held now, as text for the terminal. @throws ZspError `config_invalid` where there is no sign-in to have */
export function picture(talk: Conversation, seen: readonly Seen[], around: Surroundings): string {
  if (seen.length === 0) {
    throw new ZspError('config_invalid', 'there is no [sso-session] in your AWS config file', {
      remedy: 'add one: zsp configure, or docs/profiles.md',
    });
  }
  const look: Look = { ...around, talk, label: labelWidth(talk, seen) };
  const blocks = seen.map(({ at, signIn, held }) => {
    const sessions = held.flatMap((one) => ['', ...sessionLines(look, one)]);
    return [...signInLines(look, at, signIn), ...sessions];
  });
  return `${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

interface Look extends Surroundings {
  readonly talk: Conversation;
  /** Columns of the profiles' names; 0 where each stands on a line of its own. */
  readonly label: number;
}

const narrow = 60;

function labelWidth({ columns }: Conversation, seen: readonly Seen[]): number {
  if (columns !== undefined && columns < narrow) return 0;
  const names = seen.flatMap(({ held }) => held.map(({ item }) => textWidth(printable(item.profile))));
  return Math.min(24, Math.max(0, ...names));
}

function signInLines({ talk, now }: Look, at: SsoSession, signIn: SignInItem | undefined): readonly string[] {
  const { bold, green, yellow } = talk.answerStyle;
  const name = bold(printable(at.name, 40));
  const login = `run: zsp login ${printable(at.name)}`;
  const line = (mark: string, ...pieces: string[]) => flow([`${mark} ${name}`, ...pieces], 2, talk.columns);
  if (!signIn) return line(yellow('○'), `not signed in; ${login}`);
  const who = signIn.userName ? ` as ${printable(signIn.userName, 60)}` : '';
  if (signIn.refreshToken) return line(green('●'), `signed in${who}, renews itself`);
  if (signIn.expiration > now) return line(green('●'), `signed in${who}, ends ${until(signIn.expiration, now)}`);
  return line(yellow('○'), `the sign-in${who} has ended; ${login}`);
}

/** Three sentences: what it is, how long it lasts, why it is elevated. */
function sessionLines(look: Look, held: Held): readonly string[] {
  const { talk, label } = look;
  const { bold } = talk.answerStyle;
  const profile = printable(held.item.profile);
  const indent = label === 0 ? 4 : label + 4;
  const facts = [what(look, held), howLong(look, held), why(look, held)].filter((pieces) => pieces.length > 0);
  const lines = facts.flatMap((pieces) => flow(pieces, indent, talk.columns).map((line) => line.trimStart()));
  if (label === 0) return [`  ${bold(cutToWidth(profile, 76))}`, ...lines.map((line) => ' '.repeat(indent) + line)];
  const shown = cutToWidth(profile, label);
  const [first = '', ...rest] = lines;
  const padding = ' '.repeat(label - textWidth(shown) + 2);
  return [`  ${bold(shown)}${padding}${first}`, ...rest.map((line) => ' '.repeat(indent) + line)];
}

function what({ names }: Look, { item }: Held): readonly string[] {
  const { accountId, packedPolicySize: size } = item.session;
  const role = item.role.startsWith('arn:') ? item.role.slice(item.role.indexOf(':role/') + 6) : item.role;
  const elevated = item.window && item.elevated ? ' (elevated role)' : '';
  const name = names.get(accountId);
  const account = name === undefined ? accountId : `${printable(name, 40)} (${accountId})`;
  const packed = size === undefined ? '' : `, ${size} % packed`;
  const scope = item.scope === 'unscoped' ? item.scope : `scope ${printable(policyNames(item.scope))}${packed}`;
  return [`${printable(role)}${elevated} in ${account}`, scope];
}

/** Managed policies by their names alone: an ARN is wider than a narrow terminal, and `--json` has it. */
function policyNames(scope: string): string {
  return scope.replace(/\barn:[\w-]+:iam::\w+:policy\/(?:[^,]*\/)?/g, '');
}

function howLong({ talk, now }: Look, { item }: Held): readonly string[] {
  const { session, window } = item;
  const end = endOf(item);
  const share = (end - now) / Math.max(1, end - (window?.opensAt ?? session.issuedAt));
  const style = talk.answerStyle;
  const cells = (talk.columns ?? 80) < narrow ? 10 : 20;
  const words = `${urgency(share, style)(`${timeLeft(end, now)} left`)}, until ${clockTime(end, now)}`;
  return talk.drawn ? [`${bar(share, cells, style)}  ${words}`] : [words];
}

function why({ talk, env }: Look, { name, item }: Held): readonly string[] {
  const { window, profile } = item;
  if (!window) return [];
  const inOneShell = name.endsWith(`:${window.id}`);
  const here = inOneShell && shellWindow(env, profile) === window.id;
  const where = inOneShell
    ? here
      ? 'elevated in this shell'
      : 'elevated in another shell'
    : 'elevated in every shell';
  const reason = window.reason ? `: ${printable(window.reason, 500)}` : '';
  return [`${talk.answerStyle.yellow('▲')} ${where}${reason}`];
}
