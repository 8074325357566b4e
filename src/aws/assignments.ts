import type { Account, Assignments, Page, PageAsked, Throttled } from '../broker/ports';
import type { SsoSession } from '../profile/profile';
import type { Secret } from '../secret';
import { type Call, retryAfter } from './call';
import { isThrottled, type Sight } from './faults';
import { signedOut } from './portal';
import { ask, field, parse } from './rest-json';

/** The most that the portal gives a page (API_ListAccounts, API_ListAccountRoles: maxResults). */
const pageSize = '100';

/** ListAccounts and ListAccountRoles: https://docs.aws.amazon.com/singlesignon/latest/PortalAPIReference/API_Operations.html */
export function createAssignments(call: Call): Assignments {
  async function page<Item>(
    operation: { readonly name: string; readonly path: string; readonly list: string; readonly wanted: string },
    at: SsoSession,
    token: Secret,
    asked: PageAsked,
    query: Readonly<Record<string, string>>,
    read: (item: unknown) => Item | undefined,
  ): Promise<Page<Item> | Throttled> {
    const { name, path, list, wanted } = operation;
    let sight: Sight = {};
    const { next, stop } = asked;
    const all = { max_result: pageSize, ...query, ...(next !== undefined && { next_token: next }) };
    return await call<unknown, Page<Item> | Throttled>({
      name,
      endpoint: at.endpoints.portal,
      region: at.region,
      secrets: [token],
      wanted,
      stop,
      async send(attempt) {
        sight = attempt.sight;
        return parse(await ask(attempt, token, { method: 'GET', path, query: all }));
      },
      read: (output) => readPage(output, list, read),
      // Its caller holds the rate of all calls, and must know.
      explain: (failure) =>
        failure.status === 429 || isThrottled(failure.name)
          ? { result: { retryAfter: retryAfter(sight) } }
          : signedOut(at, failure),
    });
  }
  const accounts = { name: 'ListAccounts', path: '/assignment/accounts', list: 'accountList', wanted: 'accounts' };
  const roles = { name: 'ListAccountRoles', path: '/assignment/roles', list: 'roleList', wanted: 'roles' };
  return {
    accounts: (at, token, asked) => page(accounts, at, token, asked, {}, readAccount),
    roles: (at, token, accountId, asked) => page(roles, at, token, asked, { account_id: accountId }, readRole),
  };
}

/** One item that is not what it should be spoils the page: the rest might be read as if it were all. */
function readPage<Item>(
  output: unknown,
  list: string,
  read: (item: unknown) => Item | undefined,
): Page<Item> | undefined {
  const found = field(output, list);
  const next = field(output, 'nextToken') ?? undefined;
  if (!Array.isArray(found) || !(next === undefined || typeof next === 'string')) return undefined;
  const items = found.map(read).filter((item) => item !== undefined);
  if (items.length < found.length) return undefined;
  return next ? { items, next } : { items };
}

function readAccount(item: unknown): Account | undefined {
  const accountId = field(item, 'accountId');
  const accountName = field(item, 'accountName') ?? '';
  const emailAddress = field(item, 'emailAddress') ?? '';
  if (typeof accountId !== 'string' || !/^\d{12}$/.test(accountId)) return undefined;
  if (typeof accountName !== 'string' || typeof emailAddress !== 'string') return undefined;
  return { accountId, accountName, emailAddress };
}

function readRole(item: unknown): string | undefined {
  const roleName = field(item, 'roleName');
  return typeof roleName === 'string' && /^[\w+=,.@-]{1,64}$/.test(roleName) ? roleName : undefined;
}
