import { ZspError } from '../errors';
import type { SsoSession } from '../profile/profile';
import type { SignInItem } from './items';
import { createPace, type Pace } from './pace';
import type { Account, Assignments, Page, Throttled } from './ports';
import { currentSignIn } from './sign-in';
import type { World } from './world';

export interface AccountRoles extends Account {
  /** The names of the permission sets, sorted. */
  readonly roles: readonly string[];
}

/** How far a discovery got. `total` grows while accounts are still being listed. */
export interface Headway {
  readonly done: number;
  readonly total: number;
}

export interface Watch {
  readonly onHeadway?: (headway: Headway) => void;
  /** Ends it: whoever wanted it has no more use for it. */
  readonly stop?: AbortSignal;
}

export interface Discovered {
  readonly signInId: string;
  /** By name, then by ID. */
  readonly accounts: readonly AccountRoles[];
}

export interface DiscoveryWorld extends World {
  readonly assignments: Assignments;
}

/** How many requests are under way at once, at most. */
const mostAtOnce = 32;

/** Where nothing is let through for so long, it is given up. Milliseconds. */
const patience = 60_000;

/**
 * Every account and permission set the signed-in user has. It is the whole of it or an error, never a part.
 * @throws ZspError `sign_in_required`; `aws_unavailable`, saying how far it got; anything where it was stopped
 */
export async function discover(world: DiscoveryWorld, at: SsoSession, watch: Watch = {}): Promise<Discovered> {
  const signIn = await currentSignIn(world, at);
  try {
    return await discoverWith(world, at, signIn, watch);
  } catch (error) {
    if (!(error instanceof ZspError && error.code === 'sign_in_required')) throw error;
    // A token that looks valid here can be dead at AWS: renew it, and ask once more.
    const renewed = await currentSignIn(world, at, { refused: signIn.accessToken });
    return await discoverWith(world, at, renewed, watch);
  }
}

async function discoverWith(
  world: DiscoveryWorld,
  at: SsoSession,
  { id, accessToken }: SignInItem,
  { onHeadway, stop }: Watch,
): Promise<Discovered> {
  const { assignments } = world;
  const { clock } = world;
  const ask = patientAsker(world, createPace({ ...clock, sleep: (milliseconds) => clock.sleep(milliseconds, stop) }));
  const waiting: Account[] = [];
  const found: AccountRoles[] = [];
  let total = 0;
  let listed = false;
  let failure: unknown;

  const listAccounts = async () => {
    for await (const account of pages((next) => ask(() => assignments.accounts(at, accessToken, { next, stop })))) {
      if (failure) return;
      waiting.push(account);
      total += 1;
    }
    listed = true;
  };
  const listRoles = async () => {
    while (!failure && (waiting.length > 0 || !listed)) {
      const account = waiting.shift();
      if (account === undefined) {
        await world.clock.sleep(5);
        continue;
      }
      found.push({
        ...account,
        roles: await rolesOf(ask, (next) => assignments.roles(at, accessToken, account.accountId, { next, stop })),
      });
      onHeadway?.({ done: found.length, total });
    }
  };
  // One failure ends the others at their next step, and is thrown when all have ended.
  const guarded = (work: () => Promise<void>) =>
    work().catch((error: unknown) => {
      failure ??= error;
    });
  await Promise.all([guarded(listAccounts), ...Array.from({ length: mostAtOnce }, () => guarded(listRoles))]);
  if (failure) throw unfinished(failure, found.length, listed ? total : undefined);
  return { signInId: id, accounts: found.sort(byName) };
}

type Ask = <Item>(request: () => Promise<Page<Item> | Throttled>) => Promise<Page<Item>>;

/** Asks at the pace AWS allows, and again where it was too fast. */
function patientAsker({ clock }: World, pace: Pace): Ask {
  let movedAt = clock.now();
  return async (request) => {
    for (;;) {
      const sentAt = await pace.take();
      const answer = await request();
      if ('items' in answer) {
        movedAt = clock.now();
        pace.accepted();
        return answer;
      }
      if (clock.now() - movedAt > patience) {
        throw new ZspError('aws_unavailable', 'AWS has let no request through for a minute (429)', {
          remedy: 'wait a few minutes, then run the command again',
        });
      }
      pace.throttled(sentAt, answer.retryAfter);
    }
  };
}

async function* pages<Item>(ask: (next: string | undefined) => Promise<Page<Item>>): AsyncGenerator<Item> {
  for (let next: string | undefined, first = true; first || next !== undefined; first = false) {
    const page: Page<Item> = await ask(next);
    yield* page.items;
    next = page.next;
  }
}

async function rolesOf(
  ask: Ask,
  page: (next: string | undefined) => Promise<Page<string> | Throttled>,
): Promise<readonly string[]> {
  const roles: string[] = [];
  for await (const role of pages((next) => ask(() => page(next)))) roles.push(role);
  return roles.sort();
}

function unfinished(failure: unknown, done: number, total: number | undefined): unknown {
  if (!(failure instanceof ZspError) || failure.code !== 'aws_unavailable') return failure;
  const far = total === undefined ? 'while listing the accounts' : `after ${done} of ${total} accounts`;
  return new ZspError('aws_unavailable', `stopped ${far}: ${failure.message}`, {
    ...(failure.remedy !== undefined && { remedy: failure.remedy }),
    cause: failure.cause,
  });
}

function byName(a: Account, b: Account): number {
  return compare(a.accountName, b.accountName) || compare(a.accountId, b.accountId);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
