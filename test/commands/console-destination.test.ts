import { describe, expect, test } from 'vitest';
import { namedDestination, serviceConsole } from '../../src/commands/console-destination';
import { consoleEndpoints, endpoints } from '../../src/profile/endpoints';

const console = 'https://console.aws.amazon.com';

describe('the page of a service', () => {
  test.each([
    [undefined, '/console/home?region=eu-west-1'],
    ['s3', '/s3/home?region=eu-west-1'],
    ['EC2', '/ec2/home?region=eu-west-1'],
    ['cw', '/cloudwatch/home?region=eu-west-1'],
    ['logs', '/cloudwatch/home?region=eu-west-1#logsV2:log-groups'],
    ['dynamodb', '/dynamodbv2/home?region=eu-west-1'],
    ['constructor', '/constructor/home?region=eu-west-1'],
  ])('%s is %s', (service, path) => {
    expect(serviceConsole(service, console, 'eu-west-1')).toBe(`${console}${path}`);
  });

  test.each(['', 's3/../iam', 'https://evil.example', '-x', 's 3', '\u001b[31m'])('%j is no service', (service) => {
    expect(() => serviceConsole(service, console, 'eu-west-1')).toThrow(/no service's name/);
  });
});

describe('a destination the user names', () => {
  test.each([
    'https://console.aws.amazon.com/s3/buckets/artifacts',
    'https://eu-west-1.console.aws.amazon.com/lambda/home?region=eu-west-1#/functions',
  ])('may be %s', (url) => {
    expect(namedDestination(url, console)).toBe(url);
  });

  test.each([
    'http://console.aws.amazon.com/',
    'https://console.aws.amazon.com.evil.example/',
    'https://evilconsole.aws.amazon.com/',
    'https://me@console.aws.amazon.com/',
    'javascript:alert(1)',
    's3',
  ])('may not be %s', (url) => {
    expect(() => namedDestination(url, console)).toThrow('--destination is not an address of console.aws.amazon.com');
  });
});

describe('the console of a partition', () => {
  test.each([
    ['eu-west-1', 'https://signin.aws.amazon.com', 'https://console.aws.amazon.com'],
    ['cn-north-1', 'https://signin.amazonaws.cn', 'https://console.amazonaws.cn'],
    ['us-gov-west-1', 'https://signin.amazonaws-us-gov.com', 'https://console.amazonaws-us-gov.com'],
    ['eusc-de-east-1', 'https://signin.amazonaws-eusc.eu', 'https://console.amazonaws-eusc.eu'],
  ])('%s is signed in to at %s', (region, signIn, found) => {
    expect(consoleEndpoints(endpoints(region, { env: {} }), region)).toEqual({ signIn, console: found });
  });

  test('credentials of a custom origin go nowhere else', () => {
    const at = endpoints('eu-west-1', { env: { AWS_ENDPOINT_URL: 'http://127.0.0.1:4566' } });
    expect(consoleEndpoints(at, 'eu-west-1').signIn).toBe('http://127.0.0.1:4566');
  });
});
