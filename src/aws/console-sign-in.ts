import type { ConsoleSignIn } from '../broker/ports';
import { Secret } from '../secret';
import { isText } from './answers';
import { exchange, requestTo } from './attempt';
import type { Call } from './call';
import { reason, refusal, worded } from './faults';
import { field, parse } from './rest-json';

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html */
export function createConsoleSignIn(call: Call): ConsoleSignIn {
  return {
    async signinToken(at, session, sessionSeconds) {
      return await call({
        name: 'GetSigninToken',
        endpoint: at.signIn,
        region: at.region,
        secrets: [session.secretAccessKey, session.sessionToken],
        wanted: 'a sign-in token',
        async send(attempt) {
          const body = form({
            Action: 'getSigninToken',
            ...(sessionSeconds !== undefined && { SessionDuration: String(sessionSeconds) }),
            Session: JSON.stringify({
              sessionId: session.accessKeyId,
              sessionKey: session.secretAccessKey.open(),
              sessionToken: session.sessionToken.open(),
            }),
          });
          // By POST: what is in a URL ends in logs.
          const headers = {
            'content-type': 'application/x-www-form-urlencoded',
            'content-length': String(body.length),
          };
          const answer = await exchange(
            attempt,
            requestTo(attempt.endpoint, { method: 'POST', path: '/federation', headers, body }),
          );
          const text = Buffer.from(answer.body).toString('utf8');
          if (answer.status >= 400) throw worded('InvalidSession', '');
          return parse(text);
        },
        read(answer) {
          const token = field(answer, 'SigninToken');
          return isText(token) ? new Secret(token) : undefined;
        },
        explain: (failure) =>
          failure.status === 400 || failure.status === 403
            ? refusal(
                'access_denied',
                `AWS gives these credentials no console session (${reason(failure)})`,
                failure,
                'check that the session has not ended: zsp status',
              )
            : undefined,
      });
    },
  };
}

function form(values: Readonly<Record<string, string>>): string {
  return new URLSearchParams(values).toString();
}
