import { createHash, randomBytes } from 'node:crypto';
import { ZspError } from '../errors';
import type { SsoSession } from '../profile/profile';
import { Secret } from '../secret';
import type { Callback, CallbackAnswer, Granted } from './ports';
import { signInDenied, signInRequired } from './sign-in-errors';
import type { World } from './world';

/** How long the user may take, in milliseconds. */
const patience = 10 * 60_000;

/** A browser on this machine, and a way back from it. */
export interface InBrowser {
  /** Undefined where nothing can listen on 127.0.0.1. */
  listen(milliseconds: number): Promise<Callback | undefined>;
  /**
   * Sends the user there.
   * @param deadline until when zsp waits, epoch milliseconds
   * @returns false if there is no browser after all
   */
  open(uri: string, deadline: number): Promise<boolean>;
}

/**
 * The authorization code grant with PKCE (RFC 6749 §4.1, RFC 7636): the user allows it in a browser of this machine, which
 * brings the code back to a port of 127.0.0.1 (RFC 8252 §7.3).
 *
 * Its registration is always a new one: of one that has ended early at AWS only the user's browser would hear.
 * @returns undefined if there is no way to the browser or back, and another grant is needed
 * @throws ZspError `access_denied` if the user said no, `sign_in_required` if nobody answered
 */
export async function authorizationCode(
  world: World,
  at: SsoSession,
  browser: InBrowser,
): Promise<Granted | undefined> {
  const callback = await browser.listen(patience);
  if (!callback) return undefined;
  try {
    const deadline = world.clock.now() + patience;
    const client = await world.signIn.registerClient(at, 'authorization_code');
    const { verifier, challenge } = pkce();
    const { redirectUri, state } = callback;
    const uri = world.signIn.authorizationUri(at, client, { redirectUri, state, codeChallenge: challenge });
    if (!(await browser.open(uri, deadline))) return undefined;
    const code = codeOf(at, await callback.answer);
    const tokens = await world.signIn.redeemCode(at, client, { code, codeVerifier: verifier, redirectUri });
    return { client, tokens };
  } finally {
    callback.close();
  }
}

/** RFC 7636 §4.1 and §4.2: a verifier of 64 characters, of the 43 to 128 that are allowed. */
function pkce(): { readonly verifier: Secret; readonly challenge: string } {
  const verifier = randomBytes(48).toString('base64url');
  return { verifier: new Secret(verifier), challenge: createHash('sha256').update(verifier).digest('base64url') };
}

function codeOf(at: SsoSession, answer: CallbackAnswer | undefined): Secret {
  if (!answer) throw signInRequired(at, 'no answer came from the browser within ten minutes');
  if ('code' in answer) return answer.code;
  if (answer.error === 'access_denied') throw signInDenied(at);
  const said = [answer.error, answer.description].filter(Boolean).join(': ');
  if (answer.error === 'invalid_scope') {
    throw new ZspError('config_invalid', `AWS refuses the sso-session ${at.name}: ${said}`, {
      remedy: `check sso_registration_scopes of the sso-session ${at.name}`,
    });
  }
  throw new ZspError('aws_unavailable', `AWS ended the sign-in in the browser: ${said}`, {
    remedy: `run it again, or: zsp login ${at.name} --device-code`,
  });
}
