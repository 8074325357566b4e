import { processAnswer } from './answer';
import type { Session } from './ports';

/** The line that a credential process prints of a session. */
export function sessionAnswer(session: Session): string {
  const { secretAccessKey, sessionToken } = session;
  return processAnswer({ ...session, secretAccessKey: secretAccessKey.open(), sessionToken: sessionToken.open() });
}
