import { type Asked, askConsent, askWho, isUser } from './consent';
import type { DeviceAuthorization } from './issued';
import { page } from './page';
import { type Answer, type Call, first, type Operation, readBrowserForm } from './wire';
import type { World } from './world';
import { escapeXml } from './xml';

/** The page behind `verificationUri`: enter the code, sign in, allow or deny. */

export function deviceOperation(world: World, call: Call): Operation | undefined {
  if (call.path === '/captive') {
    return operation('CaptivePortal', () => page(200, 'Captive portal', '<p>Nobody should be here.</p>', 'bad'));
  }
  if (call.path !== '/device') return undefined;
  if (call.method === 'POST') return operation('DecideDevice', () => decide(world, call));
  return call.method === 'GET' ? operation('ShowDevice', () => show(world, call)) : undefined;
}

function operation(name: string, run: () => Answer): Operation {
  return {
    name,
    service: 'page',
    parameters: {},
    run,
    refuse: ({ status, code, message }) => page(status, escapeXml(code), `<p>${escapeXml(message)}</p>`, 'bad'),
  };
}

function show(world: World, call: Call): Answer {
  const form = readBrowserForm(call);
  const userCode = first(form, 'user_code');
  if (userCode === undefined) return askCode();
  const authorization = findAuthorization(world, userCode);
  const closed = closedPage(world, authorization);
  if (closed || !authorization) return closed ?? askCode(userCode);
  const user = first(form, 'user');
  const asked = askedFor(world, authorization);
  return isUser(world, user) ? askConsent(asked, user) : askWho(world, asked, user);
}

function decide(world: World, call: Call): Answer {
  const form = readBrowserForm(call);
  const userCode = first(form, 'user_code') ?? '';
  const authorization = findAuthorization(world, userCode);
  const closed = closedPage(world, authorization);
  if (closed || !authorization) return closed ?? askCode(userCode);
  const user = first(form, 'user');
  if (first(form, 'decision') !== 'approve') {
    denyDevice(world, userCode);
    return page(200, 'Request denied', '<p>The program got nothing. You can close this window.</p>', 'bad');
  }
  if (!isUser(world, user)) return askWho(world, askedFor(world, authorization), user);
  approveDevice(world, userCode, user);
  const { clientName } = askedFor(world, authorization);
  const content = `<p><b>${escapeXml(clientName)}</b> may now act for ${escapeXml(user)}.</p><p>You can close this window and go back to your terminal.</p>`;
  return page(200, 'Request approved', content, 'good');
}

function askCode(wrong?: string): Answer {
  const problem =
    wrong === undefined ? '' : `<p class="bad">No sign-in waits for the code ${escapeXml(wrong.slice(0, 40))}.</p>`;
  return page(
    wrong === undefined ? 200 : 404,
    'Enter your code',
    `${problem}<p class="soft">Your terminal shows it.</p><form action="/device"><label for="user_code">Code</label>
<div class="row"><input class="short" id="user_code" name="user_code" placeholder="ABCD-EFGH" required autocomplete="off" spellcheck="false">
<button class="main fixed">Continue</button></div></form>`,
  );
}

/** The page for a code that nobody can decide on any more. */
function closedPage(world: World, authorization: DeviceAuthorization | undefined): Answer | undefined {
  const again = '<p>Start again in your terminal if it still waits. You can close this window.</p>';
  if (!authorization) return undefined;
  if (authorization.redeemed || authorization.user !== undefined) {
    return page(410, 'This code was already used', again, 'bad');
  }
  if (authorization.denied) return page(410, 'This request was denied', again, 'bad');
  if (world.now() >= authorization.expiration) return page(410, 'This code has expired', again, 'bad');
  return undefined;
}

function askedFor(world: World, { clientId, userCode }: DeviceAuthorization): Asked {
  const clientName = world.issued.registrations.get(clientId)?.clientName ?? 'A program';
  return { path: '/device', carried: [['user_code', userCode]], clientName, userCode };
}

/** The user says yes. Throws if no sign-in waits for the code, or nobody goes by that name. */
export function approveDevice(world: World, userCode: string, user = world.directory.users[0]?.userName): void {
  if (!isUser(world, user)) throw new Error(`no user ${user}`);
  waiting(world, userCode).user = user;
}

/** The user says no. */
export function denyDevice(world: World, userCode: string): void {
  waiting(world, userCode).denied = true;
}

function waiting(world: World, userCode: string): DeviceAuthorization {
  const found = findAuthorization(world, userCode);
  if (!found || found.redeemed || world.now() >= found.expiration) {
    throw new Error(`no sign-in waits for the code ${userCode}`);
  }
  return found;
}

/** As people type it: `abcd efgh` is `ABCD-EFGH`. */
function findAuthorization(world: World, userCode: string): DeviceAuthorization | undefined {
  const plain = (code: string) => code.toUpperCase().replace(/[^A-Z]/g, '');
  const wanted = plain(userCode);
  return [...world.issued.authorizations.values()].find((one) => plain(one.userCode) === wanted);
}
