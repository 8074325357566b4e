import type { SSOOIDCClient } from '@aws-sdk/client-sso-oidc';
import type { ClientRegistration, DeviceAuthorization, Grant, Poll, SignIn, Tokens } from '../broker/ports';
import type { ZspError } from '../errors';
import { isAwsVerificationUri } from '../profile/endpoints';
import type { SsoSession } from '../profile/profile';
import { Secret } from '../secret';
import { isPositive, isText } from './answers';
import type { Call, Operation } from './call';
import { clientOptions, quietly } from './client-options';
import { type Failure, isThrottled, reason, refusal } from './faults';
import { codeRequest, deviceCodeRequest, idOf, refreshRequest } from './token-request';

type Sdk = typeof import('@aws-sdk/client-sso-oidc');

interface Action<Result> extends Omit<Operation<object, Result>, 'endpoint' | 'region' | 'send'> {
  ask(client: SSOOIDCClient, sdk: Sdk): Promise<object>;
}

/** One action of the service, which takes no signature; the SDK is loaded when it is asked. */
const unsigned =
  (call: Call) =>
  <Result>(at: SsoSession, { ask, ...action }: Action<Result>): Promise<Result> =>
    call({
      ...action,
      endpoint: at.endpoints.oidc,
      region: at.region,
      async send(attempt) {
        const sdk = await import('@aws-sdk/client-sso-oidc');
        return await ask(
          quietly(() => new sdk.SSOOIDCClient(clientOptions(attempt))),
          sdk,
        );
      },
    });

const createToken = { name: 'CreateToken', wanted: 'tokens' };

/** SSO-OIDC: https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/welcome.html, after RFC 8628 and RFC 6749. */
export function createSignIn(call: Call, now: () => number): SignIn {
  const act = unsigned(call);
  return {
    async registerClient(at, grant) {
      const scopes = [...at.registrationScopes];
      const input = { clientName: 'zsp', clientType: 'public', scopes, ...grantOf(at, grant) };
      return await act(at, {
        name: 'RegisterClient',
        secrets: [],
        wanted: 'a client registration',
        ask: (oidc, sdk) => oidc.send(new sdk.RegisterClientCommand(input)),
        read: (output) => readRegistration(output, grant),
        explain: (failure) => notAccepted(at, failure, 'check sso_registration_scopes'),
      });
    },

    async startDeviceAuthorization(at, client) {
      return await act(at, {
        name: 'StartDeviceAuthorization',
        secrets: [client.clientSecret],
        wanted: 'a device authorization',
        ask: (oidc, sdk) =>
          oidc.send(new sdk.StartDeviceAuthorizationCommand({ ...idOf(client), startUrl: at.startUrl })),
        read: (output) => readDeviceAuthorization(output, at, now()),
        explain: (failure) =>
          noLongerTaken(at, failure) ?? notAccepted(at, failure, 'check sso_start_url and sso_region'),
      });
    },

    async pollDeviceToken(at, client, deviceCode) {
      return await act<Poll>(at, {
        ...createToken,
        secrets: [client.clientSecret, deviceCode],
        ask: (oidc, sdk) => oidc.send(new sdk.CreateTokenCommand(deviceCodeRequest(client, deviceCode))),
        read(output) {
          const tokens = readTokens(output, now());
          return tokens && { kind: 'tokens', tokens };
        },
        explain: (failure) => pollAnswer(failure) ?? noLongerTaken(at, failure),
      });
    },

    authorizationUri(at, client, { redirectUri, state, codeChallenge }) {
      const query = new URLSearchParams({
        response_type: 'code',
        client_id: client.clientId,
        redirect_uri: redirectUri,
        state,
        code_challenge_method: 'S256',
        scopes: at.registrationScopes.join(' '),
        code_challenge: codeChallenge,
      });
      // The AWS CLI writes a blank as %20, so that is what AWS is known to read.
      return `${at.endpoints.oidc}/authorize?${query.toString().replaceAll('+', '%20')}`;
    },

    async redeemCode(at, client, answer) {
      return await act(at, {
        ...createToken,
        secrets: [client.clientSecret, answer.code, answer.codeVerifier],
        ask: (oidc, sdk) => oidc.send(new sdk.CreateTokenCommand(codeRequest(client, answer))),
        read: (output) => readTokens(output, now()),
        explain: (failure) => codeRefused(at, failure),
      });
    },

    async refresh(at, client, refreshToken) {
      return await act(at, {
        ...createToken,
        secrets: [client.clientSecret, refreshToken],
        ask: (oidc, sdk) => oidc.send(new sdk.CreateTokenCommand(refreshRequest(client, refreshToken))),
        read: (output) => readTokens(output, now()),
        explain: (failure) => noLongerTaken(at, failure),
      });
    },
  };
}

/** Any port of 127.0.0.1 will do at sign-in (RFC 8252 §7.3). A client that names no grants signs in with a device code. */
function grantOf({ startUrl }: SsoSession, grant: Grant) {
  if (grant === 'device_code') return {};
  const grantTypes = ['authorization_code', 'refresh_token'];
  return { grantTypes, redirectUris: ['http://127.0.0.1/oauth/callback'], issuerUrl: startUrl };
}

function readRegistration(output: object, grant: Grant): ClientRegistration | undefined {
  const { clientId, clientSecret, clientSecretExpiresAt } = output as Record<string, unknown>;
  if (!isText(clientId) || !isText(clientSecret) || !isPositive(clientSecretExpiresAt)) return undefined;
  return { clientId, clientSecret: new Secret(clientSecret), expiration: clientSecretExpiresAt * 1000, grant };
}

function readDeviceAuthorization(output: object, at: SsoSession, now: number): DeviceAuthorization | undefined {
  const { deviceCode, userCode, verificationUri, verificationUriComplete, expiresIn, interval } = output as Record<
    string,
    unknown
  >;
  if (!isText(deviceCode) || !isText(userCode) || userCode.length > 64 || !isPositive(expiresIn)) return undefined;
  if (!isVerificationUri(verificationUri, at) || !isVerificationUri(verificationUriComplete, at)) return undefined;
  return {
    deviceCode: new Secret(deviceCode),
    userCode,
    verificationUri,
    verificationUriComplete,
    expiration: now + expiresIn * 1000,
    interval: isPositive(interval) ? interval : 5,
  };
}

function isVerificationUri(uri: unknown, at: SsoSession): uri is string {
  return isText(uri) && isAwsVerificationUri(uri, at.endpoints, at.startUrl);
}

function readTokens(output: object, now: number): Tokens | undefined {
  const { accessToken, refreshToken, expiresIn } = output as Record<string, unknown>;
  if (!isText(accessToken) || !isPositive(expiresIn)) return undefined;
  if (refreshToken !== undefined && !isText(refreshToken)) return undefined;
  return {
    accessToken: new Secret(accessToken),
    expiration: now + expiresIn * 1000,
    ...(refreshToken !== undefined && { refreshToken: new Secret(refreshToken) }),
  };
}

const pollAnswers: Readonly<Record<string, Exclude<Poll['kind'], 'tokens'>>> = {
  authorization_pending: 'pending',
  slow_down: 'slow_down',
  expired_token: 'expired',
  access_denied: 'denied',
};

/** RFC 8628 §3.5. */
function pollAnswer(failure: Failure): { result: Poll } | undefined {
  const code = oauthCode(failure);
  const kind = Object.hasOwn(pollAnswers, code) ? pollAnswers[code] : undefined;
  return kind && { result: { kind } };
}

/** RFC 6749 §5.2: the registration, the device code or the refresh token has ended. */
function noLongerTaken(at: SsoSession, failure: Failure): ZspError | undefined {
  if (!/^(invalid_grant|invalid_client|unauthorized_client|expired_token|access_denied)$/.test(oauthCode(failure))) {
    return undefined;
  }
  return refusal('sign_in_required', `AWS has ended the sign-in to ${at.name}`, failure, `run: zsp login ${at.name}`);
}

/** RFC 6749 §5.2: a code is good once, for its own client and verifier, and not for long. */
function codeRefused(at: SsoSession, failure: Failure): ZspError | undefined {
  if (!/^(invalid_grant|invalid_client|unauthorized_client|expired_token)$/.test(oauthCode(failure))) return undefined;
  const message = 'AWS does not take the code that the browser brought';
  return refusal('sign_in_required', message, failure, `run: zsp login ${at.name}`);
}

function notAccepted(at: SsoSession, failure: Failure, remedy: string): ZspError | undefined {
  if (failure.status !== 400 || isThrottled(failure.name)) return undefined;
  const message = `AWS refuses the sso-session ${at.name}: ${reason(failure)}`;
  return refusal('config_invalid', message, failure, `${remedy} of the sso-session ${at.name}`);
}

/** The RFC's error code; where only AWS's exception came (`InvalidGrantException`), the code it stands for. */
function oauthCode({ name }: Failure): string {
  const exception = /^(\w+)Exception$/.exec(name)?.[1];
  return exception ? exception.replace(/(?<!^)(?=[A-Z])/g, '_').toLowerCase() : name;
}
