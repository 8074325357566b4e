import { describe, expect, test } from 'vitest';
import { childEnvironment, credentialVariables } from '../../src/child/environment';
import { Secret } from '../../src/secret';

const credentials = {
  accessKeyId: 'ASIAEXAMPLE',
  secretAccessKey: new Secret('s3cret/+='),
  sessionToken: new Secret('t0ken/+=='),
  expiration: Date.UTC(2026, 0, 2, 3, 4, 5, 999),
};

describe("a command's environment", () => {
  test.each([
    'AWS_ACCESS_KEY_ID',
    'AWS_SECRET_ACCESS_KEY',
    'AWS_SESSION_TOKEN',
    'AWS_SECURITY_TOKEN',
    'AWS_CREDENTIAL_EXPIRATION',
    'AWS_PROFILE',
    'AWS_DEFAULT_PROFILE',
    'AWS_CREDENTIAL_FILE',
    'AWS_WEB_IDENTITY_TOKEN_FILE',
    'AWS_ROLE_ARN',
    'AWS_ROLE_SESSION_NAME',
    'AWS_CONTAINER_CREDENTIALS_FULL_URI',
    'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
    'AWS_CONTAINER_AUTHORIZATION_TOKEN',
    'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE',
    'ZSP_PASSPHRASE',
    'ZSP_WINDOW',
    'Aws_Profile',
  ])('does not inherit %s', (name) => {
    expect(childEnvironment({ [name]: 'stale' }, {})).toEqual({});
  });

  test.each(['PATH', 'HOME', 'AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_CONFIG_FILE', 'AWS_CA_BUNDLE', 'AWS_PAGER'])(
    'inherits %s',
    (name) => {
      expect(childEnvironment({ [name]: 'kept' }, {})).toEqual({ [name]: 'kept' });
    },
  );

  test('gets what is added, even under a name that is not inherited', () => {
    const additions = { AWS_PROFILE: 'deploy', ZSP_WINDOW: 'w1', AWS_REGION: undefined };
    expect(childEnvironment({ AWS_PROFILE: 'stale', AWS_REGION: 'eu-west-1' }, additions)).toEqual({
      AWS_PROFILE: 'deploy',
      ZSP_WINDOW: 'w1',
      AWS_REGION: 'eu-west-1',
    });
  });

  test('gets credentials open, which nobody sees on the way', () => {
    const variables = credentialVariables(credentials);
    expect(JSON.stringify(variables)).not.toMatch(/s3cret|t0ken/);
    expect(childEnvironment({ AWS_ACCESS_KEY_ID: 'AKIASTALE' }, variables)).toEqual({
      AWS_ACCESS_KEY_ID: 'ASIAEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 's3cret/+=',
      AWS_SESSION_TOKEN: 't0ken/+==',
      AWS_CREDENTIAL_EXPIRATION: '2026-01-02T03:04:05Z',
    });
  });
});
