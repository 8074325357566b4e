import type { ClientRegistration, SignIn } from '../broker/ports';
import type { Secret } from '../secret';

/** What OIDC is told, its secrets in the open: for the SDK's client, and nobody else. */

const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';

export function idOf(client: ClientRegistration) {
  return { clientId: client.clientId, clientSecret: client.clientSecret.open() };
}

/** RFC 8628 §3.4. */
export function deviceCodeRequest(client: ClientRegistration, deviceCode: Secret) {
  return { ...idOf(client), grantType: deviceGrant, deviceCode: deviceCode.open() };
}

/** RFC 6749 §4.1.3, RFC 7636 §4.5. */
export function codeRequest(client: ClientRegistration, answer: Parameters<SignIn['redeemCode']>[2]) {
  const { code, codeVerifier, redirectUri } = answer;
  const secrets = { code: code.open(), codeVerifier: codeVerifier.open() };
  return { ...idOf(client), grantType: 'authorization_code', redirectUri, ...secrets };
}

/** RFC 6749 §6. */
export function refreshRequest(client: ClientRegistration, refreshToken: Secret) {
  return { ...idOf(client), grantType: 'refresh_token', refreshToken: refreshToken.open() };
}
