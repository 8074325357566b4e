import { describe, expect, test } from 'vitest';
import { ZspError } from '../../src/errors';
import { endpoints, isAwsVerificationUri, partitionOf } from '../../src/profile/endpoints';

const aws = (region: string) => endpoints(region, { env: {} });

describe('AWS is at', () => {
  test.each([
    ['eu-west-1', 'aws', 'amazonaws.com'],
    ['ap-southeast-5', 'aws', 'amazonaws.com'],
    ['mx-central-1', 'aws', 'amazonaws.com'],
    ['cn-north-1', 'aws-cn', 'amazonaws.com.cn'],
    ['us-gov-west-1', 'aws-us-gov', 'amazonaws.com'],
    ['eusc-de-east-1', 'aws-eusc', 'amazonaws.eu'],
  ])('%s: %s, %s', (region, origin, suffix) => {
    const found = aws(region);
    expect(found).toMatchObject({
      origin,
      oidc: `https://oidc.${region}.${suffix}`,
      portal: `https://portal.sso.${region}.${suffix}`,
    });
    expect(found.sts(region)).toBe(`https://sts.${region}.${suffix}`);
  });

  test.each([
    ['the profile', { env: {}, fips: true }],
    ['the environment', { env: { AWS_USE_FIPS_ENDPOINT: 'TRUE' }, fips: false }],
  ])('its FIPS hosts when %s says so', (_, sources) => {
    const found = endpoints('us-east-1', sources);
    expect([found.origin, found.oidc, found.portal, found.sts('us-west-2')]).toEqual([
      'aws',
      'https://oidc-fips.us-east-1.amazonaws.com',
      'https://portal.sso-fips.us-east-1.amazonaws.com',
      'https://sts-fips.us-west-2.amazonaws.com',
    ]);
    expect(endpoints('us-gov-west-1', sources).oidc).toBe('https://oidc.us-gov-west-1.amazonaws.com');
  });

  test.each([
    '',
    'eu-west-1.evil.com',
    'eu-west-1/',
    'evil.com#',
    'EU-WEST-1',
    'us-iso-east-1',
    'eu-west-1\n',
    'a@b',
    '../x',
  ])('no region %j', (region) => {
    expect(() => partitionOf(region)).toThrow(ZspError);
    expect(() => aws('eu-west-1').sts(region)).toThrow(ZspError);
  });

  test("no region of another partition, by this partition's sign-in", () => {
    expect(() => aws('eu-west-1').sts('cn-north-1')).toThrow(/partition aws/);
  });
});

describe('a custom endpoint', () => {
  const loopback = 'http://127.0.0.1:4566';

  test.each([loopback, 'https://localhost:1', 'http://[::1]:80', 'http://127.9.9.9/x', 'http://127.1:5'])(
    'on this machine is taken from the environment: %s',
    (url) => {
      const found = endpoints('eu-west-1', { env: { AWS_ENDPOINT_URL: url } });
      expect(found.origin).toBe(new URL(url).origin);
      expect(new URL(found.sts('eu-west-1')).origin).toBe(found.origin);
    },
  );

  test.each([
    'https://evil.example',
    'http://127.0.0.1.evil.example',
    'http://localhost.evil.example',
    'http://128.0.0.1',
    'http://evil.example#@127.0.0.1',
    'http://user:hunter2@127.0.0.1',
    'ftp://127.0.0.1',
    '127.0.0.1:4566',
    'nonsense',
  ])('elsewhere is refused from the environment, unseen: %s', (url) => {
    for (const name of [
      'AWS_ENDPOINT_URL',
      'AWS_ENDPOINT_URL_STS',
      'AWS_ENDPOINT_URL_SSO',
      'AWS_ENDPOINT_URL_SSO_OIDC',
    ]) {
      const error = thrown(() => endpoints('eu-west-1', { env: { [name]: url } }));
      expect(error.code).toBe('config_invalid');
      expect(error.message).toContain(name);
      expect(error.message).not.toContain(url);
      expect(error.remedy).toContain('zsp_endpoint_url');
    }
  });

  test.each([
    ['one service only', { AWS_ENDPOINT_URL_STS: loopback }],
    ['two services only', { AWS_ENDPOINT_URL_SSO: loopback, AWS_ENDPOINT_URL_SSO_OIDC: loopback }],
    ['SSO elsewhere', { AWS_ENDPOINT_URL: loopback, AWS_ENDPOINT_URL_SSO: 'http://127.0.0.1:4567' }],
    ['SSO OIDC elsewhere', { AWS_ENDPOINT_URL: loopback, AWS_ENDPOINT_URL_SSO_OIDC: 'https://127.0.0.1:4566' }],
    ['STS elsewhere', { AWS_ENDPOINT_URL: loopback, AWS_ENDPOINT_URL_STS: 'http://localhost:4566' }],
  ])('for %s is refused: credentials would travel between origins', (_, env) => {
    expect(thrown(() => endpoints('eu-west-1', { env })).message).toContain('mixed');
  });

  test('for each service at one origin is taken, paths and all', () => {
    const env = {
      AWS_ENDPOINT_URL_STS: `${loopback}/sts/`,
      AWS_ENDPOINT_URL_SSO: `${loopback}/sso`,
      AWS_ENDPOINT_URL_SSO_OIDC: `${loopback}/oidc`,
    };
    const found = endpoints('eu-west-1', { env });
    expect(found).toMatchObject({ origin: loopback, oidc: `${loopback}/oidc`, portal: `${loopback}/sso` });
    expect(found.sts('us-east-1')).toBe(`${loopback}/sts`);
  });

  test('in the config file may be any https host, and the environment may turn its own off', () => {
    const endpointUrl = 'https://aws.corp.example';
    expect(endpoints('eu-west-1', { env: {}, endpointUrl }).origin).toBe(endpointUrl);
    const env = { AWS_ENDPOINT_URL: 'https://evil.example', AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' };
    expect(endpoints('eu-west-1', { env, endpointUrl }).origin).toBe(endpointUrl);
    expect(endpoints('eu-west-1', { env }).origin).toBe('aws');
  });

  test('in the config file must not be plain http, nor carry a password', () => {
    for (const endpointUrl of [
      'http://aws.corp.example',
      'https://u:hunter2@aws.corp.example',
      'https://x.example/?a=b',
    ]) {
      const error = thrown(() => endpoints('eu-west-1', { env: {}, endpointUrl }));
      expect(error.message).not.toContain('hunter2');
    }
  });
});

describe('a verification URI', () => {
  const custom = endpoints('eu-west-1', { env: { AWS_ENDPOINT_URL: 'http://127.0.0.1:4566' } });

  test.each([
    ['https://device.sso.eu-west-1.amazonaws.com/?user_code=A', aws('eu-west-1')],
    ['https://corp.awsapps.com/start/#/device', aws('eu-west-1')],
    ['https://ssoins-1.portal.eu-west-1.app.aws/x', aws('eu-west-1')],
    ['https://start.us-gov-home.awsapps.com/directory/x', aws('us-gov-west-1')],
    ['https://start.home.awsapps.cn/directory/x', aws('cn-north-1')],
    ['https://device.sso.eusc-de-east-1.amazonaws.eu/', aws('eusc-de-east-1')],
    ['http://127.0.0.1:4566/device', custom],
  ])('%s is shown', (uri, at) => {
    expect(isAwsVerificationUri(uri, at)).toBe(true);
  });

  test.each([
    ['http://corp.awsapps.com/start', aws('eu-west-1')],
    ['https://corp.awsapps.com:8443/start', aws('eu-west-1')],
    ['https://corp.awsapps.com@evil.example/', aws('eu-west-1')],
    ['https://user@corp.awsapps.com/', aws('eu-west-1')],
    ['https://corpawsapps.com/', aws('eu-west-1')],
    ['https://awsapps.com.evil.example/', aws('eu-west-1')],
    ['https://bucket.s3.eu-west-1.amazonaws.com/', aws('eu-west-1')],
    ['https://device.sso.x.evil.amazonaws.com/', aws('eu-west-1')],
    ['https://start.home.awsapps.cn/', aws('eu-west-1')],
    ['http://127.0.0.1:4566/device', aws('eu-west-1')],
    ['http://127.0.0.1:4567/device', custom],
    ['https://corp.awsapps.com/start', custom],
    ['javascript:alert(1)', aws('eu-west-1')],
    ['--version', aws('eu-west-1')],
    ['', aws('eu-west-1')],
  ])('%s is not', (uri, at) => {
    expect(isAwsVerificationUri(uri, at)).toBe(false);
  });

  test("may be at the user's own start URL", () => {
    const uri = 'https://start.corp.example/start/#/device?user_code=A';
    expect(isAwsVerificationUri(uri, aws('eu-west-1'), 'https://start.corp.example/start')).toBe(true);
    expect(isAwsVerificationUri(uri, aws('eu-west-1'), 'https://other.example/start')).toBe(false);
  });
});

function thrown(work: () => unknown): ZspError {
  try {
    work();
  } catch (error) {
    if (error instanceof ZspError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
