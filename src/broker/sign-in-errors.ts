import { ZspError } from '../errors';
import type { SsoSession } from '../profile/profile';

export function signInRequired(at: SsoSession, message = `not signed in to ${at.name}`): ZspError {
  return new ZspError('sign_in_required', message, { remedy: remedy(at) });
}

export function signInDenied(at: SsoSession): ZspError {
  return new ZspError('access_denied', 'the sign-in was denied in the browser', { remedy: remedy(at) });
}

function remedy(at: SsoSession): string {
  return `run: zsp login ${at.name}`;
}
