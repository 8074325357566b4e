import { newSecret } from './issued';
import { page } from './page';
import { type Answer, type Call, first, type Operation, type Pairs, Refusal, readBrowserForm } from './wire';
import type { World } from './world';
import { escapeXml } from './xml';

/**
 * The AWS sign-in endpoint for federation: temporary credentials in, a console session out.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html
 */

/** A sign-in token is good for a quarter of an hour. */
const tokenMilliseconds = 15 * 60_000;

export function federationOperation(world: World, call: Call): Operation | undefined {
  if (call.path !== '/federation' || !(call.method === 'GET' || call.method === 'POST')) return undefined;
  const input = readBrowserForm(call);
  const action = first(input, 'Action');
  const answers = { getSigninToken, login } as const;
  const known = action === 'getSigninToken' || action === 'login' ? answers[action] : undefined;
  const names = { getSigninToken: 'GetSigninToken', login: 'ConsoleLogin' } as const;
  return {
    name: action === 'getSigninToken' || action === 'login' ? names[action] : 'Unknown',
    service: 'page',
    parameters: Object.fromEntries(
      input.filter(([name]) => /^(Action|SessionDuration|Issuer|Destination)$/.test(name)),
    ),
    refuse: ({ status, message }) => page(status, 'Sign-in was refused', `<p>${escapeXml(message)}</p>`),
    run: (log) => {
      if (!known) throw new Refusal(400, 'InvalidAction', 'The Action must be getSigninToken or login.');
      const { answer, principal } = known(world, input);
      log.principal = principal;
      return answer;
    },
  };
}

interface Federated {
  readonly answer: Answer;
  readonly principal: string;
}

function getSigninToken(world: World, input: Pairs): Federated {
  const { sessionId, sessionKey, sessionToken } = readSession(first(input, 'Session'));
  const credential = world.issued.credentials.get(sessionId);
  const holds =
    credential?.sessionToken === sessionToken && credential.secretAccessKey === sessionKey && credential.expiration;
  if (!holds || world.now() >= holds) throw new Refusal(400, 'InvalidSession', 'The session is not valid.');
  checkDuration(first(input, 'SessionDuration'), credential.principal.chained === true);
  const SigninToken = newSecret(world.issued, 600);
  const { principal } = credential;
  world.issued.signInTokens.set(SigninToken, { principal, expiration: world.now() + tokenMilliseconds });
  const answer = {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ SigninToken }),
  };
  return { answer, principal: principal.arn };
}

function readSession(text = ''): { sessionId: string; sessionKey: string; sessionToken: string } {
  try {
    const { sessionId, sessionKey, sessionToken } = JSON.parse(text) as Record<string, unknown>;
    const given = { sessionId, sessionKey, sessionToken };
    if (Object.values(given).every((one) => typeof one === 'string')) return given as ReturnType<typeof readSession>;
  } catch {
    // Said below, without the text: it holds a secret.
  }
  throw new Refusal(400, 'InvalidSession', 'Session must be JSON with sessionId, sessionKey and sessionToken.');
}

function checkDuration(seconds: string | undefined, chained: boolean): void {
  if (seconds === undefined) return;
  if (chained) throw new Refusal(400, 'InvalidSessionDuration', 'SessionDuration cannot be given for chained roles.');
  if (!/^\d+$/.test(seconds) || Number(seconds) < 900 || Number(seconds) > 43_200) {
    throw new Refusal(400, 'InvalidSessionDuration', 'SessionDuration must be between 900 and 43200 seconds.');
  }
}

function login(world: World, input: Pairs): Federated {
  const token = first(input, 'SigninToken') ?? '';
  const destination = first(input, 'Destination') ?? '';
  const signedIn = world.issued.signInTokens.get(token);
  world.issued.signInTokens.delete(token);
  if (!signedIn || world.now() >= signedIn.expiration) {
    throw new Refusal(400, 'InvalidSigninToken', 'The sign-in token is not valid, or was used before.');
  }
  if (!URL.canParse(destination)) throw new Refusal(400, 'InvalidDestination', 'Destination must be an address.');
  const { principal } = signedIn;
  const rows = [
    ['Account', principal.accountId],
    ['Signed in as', principal.arn.replace(/^[^/]*\//, '')],
    ['Going to', destination],
  ].map(([name = '', value = '']) => `<dt>${name}</dt><dd>${escapeXml(value)}</dd>`);
  const content = `<p>This is where AWS would show its console.</p><dl>${rows.join('')}</dl>`;
  return { answer: page(200, 'Console', content), principal: principal.arn };
}
