import type { DeviceAuthorization } from './issued';
import { type Answer, type Call, first, type LoggedRequest, type Operation, parsePairs, type Refusal } from './wire';
import type { World } from './world';
import { escapeXml } from './xml';

/** The page behind `verificationUri`: what Identity Center would show after the user has signed in. */

export function pageOperation(world: World, call: Call): Operation | undefined {
  const isForm = call.method === 'POST';
  if (call.path === '/captive')
    return operation('CaptivePortal', () => page(200, 'Captive portal', '<p>Nobody should be here.'));
  if (call.path !== '/device' || !(isForm || call.method === 'GET')) return undefined;
  return operation(isForm ? 'DecideDevice' : 'ShowDevice', () => (isForm ? decide(world, call) : show(world, call)));
}

function operation(name: string, run: (log: LoggedRequest) => Answer): Operation {
  return {
    name,
    service: 'page',
    parameters: {},
    run,
    refuse: (refusal: Refusal) => page(refusal.status, refusal.code, `<p>${escapeXml(refusal.message)}`),
  };
}

function show(world: World, call: Call): Answer {
  const userCode = first(call.query, 'user_code');
  if (userCode === undefined) {
    return page(
      200,
      'Enter your code',
      '<form><input name="user_code" placeholder="ABCD-EFGH"> <button>Continue</button></form>',
    );
  }
  const authorization = findAuthorization(world, userCode);
  if (!authorization) return page(404, 'Unknown code', '<p>No sign-in waits for this code. It may have expired.');
  const users = world.directory.users.map(({ userName }) => `<option>${escapeXml(userName)}</option>`).join('');
  return page(
    200,
    'Authorize this device?',
    `<p>A program asks for access with the code <strong>${escapeXml(authorization.userCode)}</strong>.
<p>Allow it only if your terminal shows the same code.
<form method="post" action="/device"><input type="hidden" name="user_code" value="${escapeXml(authorization.userCode)}">
<p><label>Sign in as <select name="user">${users}</select></label>
<p><button name="decision" value="approve">Allow</button> <button name="decision" value="deny">Deny</button></form>`,
  );
}

function decide(world: World, call: Call): Answer {
  const form = parsePairs(call.body.toString('utf8'), true);
  const userCode = first(form, 'user_code') ?? '';
  if (!findAuthorization(world, userCode)) return page(404, 'Unknown code', '<p>No sign-in waits for this code.');
  if (first(form, 'decision') !== 'approve') {
    denyDevice(world, userCode);
    return page(200, 'Denied', '<p>The program got nothing. You may close this page.');
  }
  approveDevice(world, userCode, first(form, 'user'));
  return page(200, 'Allowed', '<p>You may close this page and go back to your terminal.');
}

/** The user says yes. Throws if no sign-in waits for the code, or nobody goes by that name. */
export function approveDevice(world: World, userCode: string, user = world.directory.users[0]?.userName): void {
  if (!world.directory.users.some(({ userName }) => userName === user)) throw new Error(`no user ${user}`);
  waiting(world, userCode).user = user;
}

/** The user says no. */
export function denyDevice(world: World, userCode: string): void {
  waiting(world, userCode).denied = true;
}

function waiting(world: World, userCode: string): DeviceAuthorization {
  const found = findAuthorization(world, userCode);
  if (!found) throw new Error(`no sign-in waits for the code ${userCode}`);
  return found;
}

function findAuthorization(world: World, userCode: string): DeviceAuthorization | undefined {
  const wanted = userCode.trim().toUpperCase();
  return [...world.issued.authorizations.values()].find(
    (one) => one.userCode === wanted && world.now() < one.expiration,
  );
}

function page(status: number, title: string, content: string): Answer {
  return {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy':
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
      'cache-control': 'no-store',
    },
    body: `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title} – sandbox</title>
<style>body{font:16px system-ui;max-width:32em;margin:4em auto;padding:0 1em}</style>
<h1>${title}</h1>
${content}
<hr><p><small>This is zsp's embedded AWS on this machine. It knows no real accounts.</small></html>`,
  };
}
