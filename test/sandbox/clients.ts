import { S3Client } from '@aws-sdk/client-s3';
import { GetRoleCredentialsCommand, SSOClient } from '@aws-sdk/client-sso';
import {
  CreateTokenCommand,
  RegisterClientCommand,
  SSOOIDCClient,
  StartDeviceAuthorizationCommand,
} from '@aws-sdk/client-sso-oidc';
import { AssumeRoleCommand, type AssumeRoleCommandInput, STSClient } from '@aws-sdk/client-sts';
import type { Sandbox } from '../../src/sandbox/server';

/** What the JS SDK takes as credentials. */
export interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export const development = '111122223333';
export const production = '444455556666';
export const roleArn = (name: string) => `arn:aws:iam::${production}:role/${name}`;
/** AWS's documentation example, which the directory gives to `legacy-ci`. */
export const longLived: Keys = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};
export const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';

const at = (sandbox: Sandbox) => ({ endpoint: sandbox.url, region: 'eu-west-1', maxAttempts: 1 });
const none: Keys = { accessKeyId: 'none', secretAccessKey: 'none' };

export const oidc = (sandbox: Sandbox) => new SSOOIDCClient({ ...at(sandbox), credentials: none });
export const portal = (sandbox: Sandbox) => new SSOClient({ ...at(sandbox), credentials: none });
export const sts = (sandbox: Sandbox, credentials: Keys) => new STSClient({ ...at(sandbox), credentials });
export const s3 = (sandbox: Sandbox, credentials: Keys) =>
  new S3Client({ ...at(sandbox), credentials, forcePathStyle: true });

export async function register(sandbox: Sandbox, scopes: string[] = ['sso:account:access']) {
  const answer = await oidc(sandbox).send(
    new RegisterClientCommand({ clientName: 'test', clientType: 'public', scopes }),
  );
  return { clientId: answer.clientId ?? '', clientSecret: answer.clientSecret ?? '' };
}

export async function startDevice(sandbox: Sandbox, client: { clientId: string; clientSecret: string }) {
  const startUrl = 'https://corp.awsapps.com/start';
  const answer = await oidc(sandbox).send(new StartDeviceAuthorizationCommand({ ...client, startUrl }));
  return { ...answer, deviceCode: answer.deviceCode ?? '', userCode: answer.userCode ?? '' };
}

/** The whole sign-in, the user's consent included. */
export async function signIn(sandbox: Sandbox, user?: string) {
  const client = await register(sandbox);
  const { deviceCode, userCode } = await startDevice(sandbox, client);
  sandbox.approve(userCode, user);
  const answer = await oidc(sandbox).send(new CreateTokenCommand({ ...client, grantType: deviceGrant, deviceCode }));
  return { client, accessToken: answer.accessToken ?? '', refreshToken: answer.refreshToken ?? '' };
}

export async function permissionSet(sandbox: Sandbox, roleName = 'Developer', accountId = development): Promise<Keys> {
  const { accessToken } = await signIn(sandbox);
  const answer = await portal(sandbox).send(new GetRoleCredentialsCommand({ accessToken, accountId, roleName }));
  return keysOf(answer.roleCredentials);
}

export async function assume(
  sandbox: Sandbox,
  caller: Keys,
  input: Partial<AssumeRoleCommandInput> & { RoleArn: string },
): Promise<Keys> {
  const command = new AssumeRoleCommand({ RoleSessionName: 'alice@corp.example', ...input });
  const { Credentials } = await sts(sandbox, caller).send(command);
  return keysOf({
    accessKeyId: Credentials?.AccessKeyId,
    secretAccessKey: Credentials?.SecretAccessKey,
    sessionToken: Credentials?.SessionToken,
  });
}

function keysOf(
  from: {
    accessKeyId?: string | undefined;
    secretAccessKey?: string | undefined;
    sessionToken?: string | undefined;
  } = {},
): Keys {
  const { accessKeyId = '', secretAccessKey = '', sessionToken = '' } = from;
  return { accessKeyId, secretAccessKey, sessionToken };
}

/** How the SDK reports a refusal: AWS's code, text and status. */
export async function refusalOf(work: Promise<unknown>): Promise<{ name: string; message: string; status: number }> {
  const error = await work.then(
    () => undefined,
    (thrown: Error & { $metadata?: { httpStatusCode?: number } }) => thrown,
  );
  if (!error) throw new Error('was not refused');
  return { name: error.name, message: error.message, status: error.$metadata?.httpStatusCode ?? 0 };
}
