import { type Asked, askConsent, askWho, isUser } from './consent';
import { newSecret, type Registration } from './issued';
import { page } from './page';
import { type Answer, type Call, first, type Operation, type Pairs, readBrowserForm } from './wire';
import type { World } from './world';
import { escapeXml } from './xml';

/**
 * The authorization endpoint of Identity Center's OIDC service, for the authorization code grant with PKCE.
 * RFC 6749 §4.1, RFC 7636; redirect addresses of programs on this machine: RFC 8252 §7.3
 */

/** A request that may be answered by a redirect, as its client and its address are known. */
interface Checked {
  readonly client: Registration;
  readonly redirectUri: string;
  readonly state: string | undefined;
  readonly carried: Pairs;
}

const codeMilliseconds = 60_000;
const parameters = [
  'response_type',
  'client_id',
  'redirect_uri',
  'state',
  'code_challenge_method',
  'scopes',
  'code_challenge',
] as const;

export function authorizeOperation(world: World, call: Call): Operation | undefined {
  const posted = call.method === 'POST';
  if (call.path !== '/authorize' || !(posted || call.method === 'GET')) return undefined;
  const input = readBrowserForm(call);
  const shown = input.filter(([name]) => (parameters as readonly string[]).includes(name) && name !== 'state');
  return {
    name: posted ? 'DecideAuthorize' : 'Authorize',
    service: 'page',
    parameters: Object.fromEntries(shown),
    run: () => (posted ? decide(world, input) : show(world, input)),
    refuse: ({ status, code, message }) => page(status, escapeXml(code), `<p>${escapeXml(message)}</p>`, 'bad'),
  };
}

function show(world: World, input: Pairs): Answer {
  const checked = check(world, input);
  if ('status' in checked) return checked;
  const problem = problemOf(checked, input);
  if (problem) return sendBack(checked, { error: problem });
  const eager = world.options.autoApproveMs === undefined ? undefined : world.directory.users[0]?.userName;
  if (eager !== undefined) return approve(world, checked, input, eager);
  const user = first(input, 'user');
  const asked = askedFor(checked);
  return isUser(world, user) ? askConsent(asked, user) : askWho(world, asked, user);
}

function decide(world: World, input: Pairs): Answer {
  const checked = check(world, input);
  if ('status' in checked) return checked;
  const problem = problemOf(checked, input);
  if (problem) return sendBack(checked, { error: problem });
  if (first(input, 'decision') !== 'approve') return sendBack(checked, { error: 'access_denied' });
  const user = first(input, 'user');
  return isUser(world, user) ? approve(world, checked, input, user) : askWho(world, askedFor(checked), user);
}

function approve(world: World, checked: Checked, input: Pairs, user: string): Answer {
  const code = newSecret(world.issued, 120, 'eyJraWQiOiJrZXktMSJ9');
  world.issued.authorizationCodes.set(code, {
    clientId: checked.client.clientId,
    redirectUri: checked.redirectUri,
    codeChallenge: first(input, 'code_challenge') ?? '',
    user,
    expiration: world.now() + codeMilliseconds,
  });
  return sendBack(checked, { code });
}

/** RFC 6749 §4.1.2.1: with a client or an address that is not known, the user is told and nobody is sent anywhere. */
function check(world: World, input: Pairs): Checked | Answer {
  const client = world.issued.registrations.get(first(input, 'client_id') ?? '');
  const redirectUri = first(input, 'redirect_uri') ?? '';
  const refuse = (text: string) => page(400, 'This request cannot be answered', `<p>${text}</p>`, 'bad');
  if (!client || world.now() >= client.expiration) return refuse('No program is registered under its client ID.');
  if (!client.redirectUris.some((registered) => isRegistered(redirectUri, registered))) {
    return refuse('The address to go back to is not one that the program registered.');
  }
  const carried = input.filter(([name]) => (parameters as readonly string[]).includes(name));
  return { client, redirectUri, state: first(input, 'state'), carried };
}

/** Exactly, but for the port on the loopback interface, which the program learns only when it listens. */
function isRegistered(redirectUri: string, registered: string): boolean {
  if (redirectUri === registered) return true;
  const portless = /^http:\/\/127\.0\.0\.1:(\d{1,5})(\/[^?#]*)$/.exec(redirectUri);
  return portless !== null && Number(portless[1]) <= 65_535 && `http://127.0.0.1${portless[2]}` === registered;
}

function problemOf({ client }: Checked, input: Pairs): string | undefined {
  if (!client.grantTypes?.includes('authorization_code')) return 'unauthorized_client';
  if (first(input, 'response_type') !== 'code') return 'unsupported_response_type';
  if (first(input, 'code_challenge_method') !== 'S256') return 'invalid_request';
  if (!/^[A-Za-z0-9_-]{43}$/.test(first(input, 'code_challenge') ?? '')) return 'invalid_request';
  const scopes = (first(input, 'scopes') ?? '').split(/[ ,]+/).filter(Boolean);
  return scopes.every((scope) => client.scopes.includes(scope)) ? undefined : 'invalid_scope';
}

function sendBack({ redirectUri, state }: Checked, answer: Readonly<Record<string, string>>): Answer {
  const location = new URL(redirectUri);
  for (const [name, value] of Object.entries(answer)) location.searchParams.set(name, value);
  if (state !== undefined) location.searchParams.set('state', state);
  return { status: 303, headers: { location: location.href, 'cache-control': 'no-store' }, body: '' };
}

function askedFor({ client, carried }: Checked): Asked {
  return { path: '/authorize', carried, clientName: client.clientName };
}
