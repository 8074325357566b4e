import { Command } from 'commander';
import { type Held, inventory } from '../broker/inventory';
import type { SignInItem } from '../broker/items';
import type { World } from '../broker/world';
import { ZspError } from '../errors';
import type { Notes } from '../notes/notes';
import { promptWord } from '../notes/open-windows';
import type { Env } from '../places';
import type { SsoSession } from '../profile/profile';
import type { Conversation } from '../terminal/conversation';
import { printableJson } from '../terminal/sanitize';
import { knownAccounts } from './discovery-cache';
import { showLastError } from './last-error';
import { endOf, picture } from './status-picture';

export interface StatusParts {
  readonly talk: Conversation;
  readonly world: World;
  readonly env: Env;
  readonly notes: Pick<Notes, 'openWindows' | 'lastErrors'>;
  now(): number;
  ssoSessions(): readonly SsoSession[];
  /** Draws again and again until the user leaves. */
  watch(draw: () => Promise<string>): Promise<void>;
}

interface Options {
  readonly json?: boolean;
  readonly watch?: boolean;
  readonly prompt?: boolean;
  readonly lastError?: string | true;
}

export function statusCommand(parts: StatusParts): Command {
  return new Command('status')
    .summary('who you are now, in which roles, for how long')
    .description(
      'Shows what is held: sign-ins, and for each profile the role, its account and scope, the time left, and why it is elevated.',
    )
    .option('-w, --watch', 'draw it again every second, until q or Ctrl-C')
    .option('--prompt', 'one word for a shell prompt: what is elevated, and for how long')
    .option('--last-error [profile]', 'why the last credential-process failed')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExamples:\n  zsp status\n  zsp status --last-error deploy')
    .action((options: Options) => status(parts, options));
}

async function status(parts: StatusParts, options: Options): Promise<void> {
  const { talk, env, notes } = parts;
  const ways = [options.watch && '--watch', options.prompt && '--prompt', options.lastError && '--last-error'];
  const said = ways.filter(Boolean);
  if (said.length > 1 || (options.json && (options.watch || options.prompt))) {
    const both = [...said, ...(options.json ? ['--json'] : [])].join(' and ');
    throw new ZspError('usage', `${both} exclude each other`, { remedy: 'run: zsp status --help' });
  }
  if (options.prompt) {
    // The same word as hot/prompt.ts gives, for those who write more flags.
    const word = promptWord(notes.openWindows(), env.ZSP_WINDOW, parts.now());
    if (word !== '') talk.answer(`${word}\n`);
  } else if (options.lastError) showLastError(parts, options.lastError, options.json === true);
  else if (options.watch) await watchStatus(parts);
  else if (options.json) talk.answer(`${printableJson(asJson(parts, await look(parts)), 2)}\n`);
  else talk.answer(draw(parts, await look(parts)));
}

/** A sign-in and what is held of it. */
export interface Seen {
  readonly at: SsoSession;
  readonly signIn: SignInItem | undefined;
  readonly held: readonly Held[];
}

function draw({ talk, env, now }: StatusParts, seen: readonly Seen[]): string {
  return picture(talk, seen, { env, now: now(), names: accountNames(env, seen) });
}

async function look({ world, ssoSessions, now }: StatusParts): Promise<readonly Seen[]> {
  const seen: Seen[] = [];
  for (const at of ssoSessions()) {
    const { signIn, held } = await inventory(world, at);
    seen.push({ at, signIn, held: held.filter(({ item }) => endOf(item) > now()) });
  }
  return seen;
}

function accountNames(env: Env, seen: readonly Seen[]): ReadonlyMap<string, string> {
  return knownAccounts(
    env,
    seen.map(({ at }) => at),
  );
}

/** The keychain is looked into every few seconds; between, only the time goes by. */
const lookEvery = 5_000;

async function watchStatus(parts: StatusParts): Promise<void> {
  const { talk, now } = parts;
  if (!talk.drawn || !talk.interactive) {
    throw new ZspError('usage', '--watch needs a terminal it can draw on', { remedy: 'run: zsp status' });
  }
  let seen = await look(parts);
  let seenAt = now();
  await parts.watch(async () => {
    if (now() - seenAt >= lookEvery) {
      seen = await look(parts);
      seenAt = now();
    }
    return `${draw(parts, seen)}\n${talk.answerStyle.dim('q leaves')}`;
  });
}

function asJson({ env, now }: StatusParts, seen: readonly Seen[]) {
  const names = accountNames(env, seen);
  return {
    signIns: seen.map(({ at, signIn, held }) => ({
      ssoSession: at.name,
      startUrl: at.startUrl,
      signedIn: signIn !== undefined && (signIn.refreshToken !== undefined || signIn.expiration > now()),
      ...(signIn?.userName && { user: signIn.userName }),
      ...(signIn && { expiration: iso(signIn.expiration), renews: signIn.refreshToken !== undefined }),
      sessions: held.map((one) => sessionAsJson(one, names.get(one.item.session.accountId))),
    })),
  };
}

function sessionAsJson({ item }: Held, accountName: string | undefined) {
  const { session, window } = item;
  return {
    profile: item.profile,
    role: item.role,
    accountId: session.accountId,
    ...(accountName !== undefined && { accountName }),
    scope: item.scope,
    accessKeyId: session.accessKeyId,
    expiration: iso(session.expiration),
    ...(session.packedPolicySize !== undefined && { packedPolicySize: session.packedPolicySize }),
    ...(window && { window: { id: window.id, endsAt: iso(window.endsAt), reason: window.reason } }),
  };
}

function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
