import { Command } from 'commander';
import { type Held, inventory } from '../broker/inventory';
import type { SignInItem } from '../broker/items';
import type { World } from '../broker/world';
import { ZspError } from '../errors';
import type { SsoSession } from '../profile/profile';
import type { Conversation } from '../terminal/conversation';
import { printable } from '../terminal/sanitize';
import { table } from '../terminal/table';
import { until } from '../terminal/time';

export interface StatusParts {
  readonly talk: Conversation;
  readonly world: World;
  now(): number;
  ssoSessions(): readonly SsoSession[];
}

export function statusCommand(parts: StatusParts): Command {
  return new Command('status')
    .summary('sign-ins, credentials and elevations, and how long they last')
    .description(
      'Shows what is held: sign-ins, and for each profile the role, its scope, its elevation and the time left.',
    )
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  zsp status')
    .action((options: { json?: boolean }) => status(parts, options.json === true));
}

interface Shown {
  readonly at: SsoSession;
  readonly signIn: SignInItem | undefined;
  readonly held: readonly Held[];
}

async function status(parts: StatusParts, json: boolean): Promise<void> {
  const now = parts.now();
  const all: Shown[] = [];
  for (const at of parts.ssoSessions()) {
    const { signIn, held } = await inventory(parts.world, at);
    all.push({ at, signIn, held: held.filter(({ item }) => endOf(item) > now) });
  }
  if (json) parts.talk.answer(`${JSON.stringify({ signIns: all.map((one) => asJson(one, now)) }, undefined, 2)}\n`);
  else show(parts.talk, all, now);
}

/** The earlier of the session's end and its window's. */
function endOf({ session, window }: Held['item']): number {
  // A window outlives its sessions: they are renewed until it closes.
  return window ? window.endsAt : session.expiration;
}

function show(talk: Conversation, all: readonly Shown[], now: number): void {
  if (all.length === 0) {
    throw new ZspError('config_invalid', 'there is no [sso-session] in your AWS config file', {
      remedy: 'add one, and profiles that name it: see docs/profiles.md',
    });
  }
  for (const { at, signIn } of all) talk.answer(`${signInLine(talk, at, signIn, now)}\n`);
  const rows = all.flatMap(({ held }) => held.map((one) => row(one, now)));
  if (rows.length === 0) return;
  const titles = ['PROFILE', 'ROLE', 'ACCOUNT', 'SCOPE', 'ENDS', 'ELEVATED'];
  const elevated = rows.some((cells) => cells.at(-1) !== '');
  const { bold } = talk.answerStyle;
  const options = { heading: bold, ...(talk.columns !== undefined && { width: talk.columns }) };
  talk.answer(`\n${table(elevated ? titles : titles.slice(0, -1), rows, options)}`);
}

function signInLine(talk: Conversation, at: SsoSession, signIn: SignInItem | undefined, now: number): string {
  const { bold, green, yellow } = talk.answerStyle;
  const name = bold(printable(at.name, 40));
  if (!signIn) return `${yellow('○')} ${name}  not signed in; run: zsp login ${printable(at.name)}`;
  const who = signIn.userName ? ` as ${printable(signIn.userName, 60)}` : '';
  if (signIn.refreshToken) return `${green('●')} ${name}  signed in${who}, renews itself`;
  if (signIn.expiration > now) return `${green('●')} ${name}  signed in${who}, ends ${until(signIn.expiration, now)}`;
  return `${yellow('○')} ${name}  the sign-in${who} has ended; run: zsp login ${printable(at.name)}`;
}

function row({ item }: Held, now: number): readonly string[] {
  const role = item.role.startsWith('arn:') ? item.role.slice(item.role.indexOf(':role/') + 6) : item.role;
  const why = item.window ? (item.window.reason ?? 'yes') : '';
  const where = item.window && item.elevated ? ' (elevated role)' : '';
  return [item.profile, `${role}${where}`, item.session.accountId, item.scope, until(endOf(item), now), why];
}

function asJson({ at, signIn, held }: Shown, now: number) {
  return {
    ssoSession: at.name,
    startUrl: at.startUrl,
    signedIn: signIn !== undefined && (signIn.refreshToken !== undefined || signIn.expiration > now),
    ...(signIn?.userName && { user: signIn.userName }),
    ...(signIn && { expiration: iso(signIn.expiration), renews: signIn.refreshToken !== undefined }),
    sessions: held.map(({ item }) => ({
      profile: item.profile,
      role: item.role,
      accountId: item.session.accountId,
      scope: item.scope,
      accessKeyId: item.session.accessKeyId,
      expiration: iso(item.session.expiration),
      ...(item.session.packedPolicySize !== undefined && { packedPolicySize: item.session.packedPolicySize }),
      ...(item.window && {
        window: { id: item.window.id, endsAt: iso(item.window.endsAt), reason: item.window.reason },
      }),
    })),
  };
}

function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
