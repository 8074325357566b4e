import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { needs } from '../support/needs';
import { openStage, type Stage, until } from './stage';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
  await stage.login();
});
afterAll(() => stage.close());

const lastRequest = (operation: string) =>
  stage.sandbox.requests.findLast((request) => request.operation === operation);

describe('zsp console --print', () => {
  test('prints an address that signs in once, as the profile, on the page that was asked for', async () => {
    const { status, stdout, stderr } = await stage.zsp(['console', 'deploy', 's3', '--print']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const url = new URL(stdout.trim());
    expect(url.origin).toBe(stage.sandbox.url);
    expect(url.searchParams.get('Destination')).toBe('https://console.aws.amazon.com/s3/home?region=eu-west-1');
    const page = await fetch(url);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('deploy/alice@corp.example');
    expect((await fetch(url)).status).toBe(400);
  });

  test('names a duration only where AWS takes one: never with chained credentials', async () => {
    await stage.zsp(['console', 'deploy', '--print']);
    expect(lastRequest('GetSigninToken')).toMatchObject({ status: 200, parameters: { Action: 'getSigninToken' } });
    expect(lastRequest('GetSigninToken')?.parameters).not.toHaveProperty('SessionDuration');
    await stage.zsp(['console', 'dev', '--print']);
    const seconds = Number(lastRequest('GetSigninToken')?.parameters.SessionDuration);
    expect(seconds).toBeGreaterThan(3500);
    expect(seconds).toBeLessThanOrEqual(3600);
  });

  test('--logout-first goes by way of the sign-out page', async () => {
    const { stdout } = await stage.zsp(['console', 'deploy', '--print', '--logout-first']);
    const url = new URL(stdout.trim());
    expect(url.pathname).toBe('/oauth');
    expect(new URL(url.searchParams.get('redirect_uri') ?? '').pathname).toBe('/federation');
  });

  test('--region and --destination are heard', async () => {
    const destination = async (...args: string[]) =>
      new URL((await stage.zsp(['console', 'deploy', '--print', ...args])).stdout.trim()).searchParams.get(
        'Destination',
      );
    expect(await destination('ec2', '--region', 'us-east-1')).toBe(
      'https://console.aws.amazon.com/ec2/home?region=us-east-1',
    );
    const page = 'https://eu-west-1.console.aws.amazon.com/lambda/home';
    expect(await destination('--destination', page)).toBe(page);
  });

  test.each([
    [['console', 'deploy', 'a b', '--print'], 2],
    [['console', 'deploy', '--destination', 'https://evil.example', '--print'], 2],
    [['console', 'deploy', 's3', '--destination', 'https://console.aws.amazon.com/', '--print'], 2],
    [['console', 'deploy', '--region', 'cn-north-1', '--print'], 2],
    [['console', 'nowhere', '--print'], 3],
    [['console', 'deploy'], 2],
  ] as const)('%j ends with %i, and asks AWS for nothing', async (args, status) => {
    const before = stage.sandbox.count('GetSigninToken');
    const answer = await stage.zsp(args);
    expect(answer).toMatchObject({ status, stdout: '' });
    expect(answer.stderr).toMatch(/^zsp: .+\nzsp: hint: .+\n$/);
    if (args.length > 2) expect(stage.sandbox.count('GetSigninToken')).toBe(before);
  });
});

const posix = needs('posix', 'curl');

describe(`zsp console with a browser${posix.why}`, () => {
  test.skipIf(posix.skip)("hands the address over without a secret in the browser's arguments", async () => {
    // A browser that notes its arguments and follows what it is given, as a browser does.
    const browser = stage.home.write(
      'browser',
      `#!/bin/sh\necho "$1" > "$HOME/arguments"\ncurl -s -L -o "$HOME/page" "$1"\ncurl -s -o /dev/null -w '%{http_code}' "$1" > "$HOME/again"\nexit 0\n`,
    );
    chmodSync(browser, 0o700);
    stage.configure({
      dev: {
        region: 'eu-west-1',
        zsp_sso_session: 'corp',
        zsp_sso_account_id: '111122223333',
        zsp_sso_role_name: 'Developer',
        zsp_browser: `${browser} {url}`,
      },
    });
    const { status, stdout, stderr } = await stage.zsp(['console', 'dev', 's3']);
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
    expect(stderr).toMatch(/^Opened console\.aws\.amazon\.com as account 111122223333, until /);
    const file = (name: string) => join(stage.home.path, name);
    const read = (name: string) => readFileSync(file(name), 'utf8');
    await until(() => existsSync(file('again')) && read('again') !== '', 'the browser');
    const given = read('arguments');
    expect(given).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{22}\n$/);
    expect(read('page')).toContain('AWSReservedSSO_Developer');
    expect(read('again')).toBe('000');
  });
});
