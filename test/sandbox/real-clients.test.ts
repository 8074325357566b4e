import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/server';
import { assume, development, type Keys, permissionSet, roleArn, signIn } from './clients';

let sandbox: Sandbox;
let home: string;
let admin: Keys;
let developer: Keys;
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'zsp-sandbox-'));
  sandbox = await startSandbox();
  developer = await permissionSet(sandbox);
  admin = await assume(sandbox, developer, { RoleArn: roleArn('admin') });
});
afterAll(async () => {
  removeDirectory(home);
  await sandbox.close();
});

const environment = (keys?: Keys) => ({
  PATH: process.env.PATH,
  HOME: home,
  AWS_DEFAULT_REGION: 'eu-west-1',
  AWS_EC2_METADATA_DISABLED: 'true',
  ...(keys
    ? {
        AWS_ACCESS_KEY_ID: keys.accessKeyId,
        AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
        AWS_SESSION_TOKEN: keys.sessionToken,
      }
    : {}),
});

/** Runs without blocking the event loop, which serves the sandbox. */
function run(
  command: string,
  args: readonly string[],
  keys?: Keys,
): Promise<{ status: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env: environment(keys), stdio: ['ignore', 'pipe', 'pipe'] });
    const out = { stdout: '', stderr: '' };
    child.stdout.on('data', (chunk) => (out.stdout += chunk));
    child.stderr.on('data', (chunk) => (out.stderr += chunk));
    child.on('error', reject).on('close', (status) => resolve({ status, ...out }));
  });
}

const works = (command: string, args: readonly string[]) => spawnSync(command, args, { timeout: 30_000 }).status === 0;
const unless = (missing: boolean, what: string) => (missing ? ` (skipped: needs ${what})` : '');

const clis = ['/usr/bin/aws', 'aws'].map((command) => ({ command, missing: !works(command, ['--version']) }));

describe.each(clis)('$command', ({ command, missing }) => {
  const why = unless(missing, command);
  const aws = async (args: string[], keys?: Keys) => {
    const result = await run(command, ['--endpoint-url', sandbox.url, ...args], keys);
    return { ...result, json: () => JSON.parse(result.stdout) };
  };

  test.skipIf(missing)(`asks STS who it is and takes a role${why}`, async () => {
    const identity = await aws(['sts', 'get-caller-identity'], developer);
    expect(identity.json().Arn).toMatch(/assumed-role\/AWSReservedSSO_Developer_0123456789abcdef\/alice@corp.example$/);
    const taken = await aws(
      ['sts', 'assume-role', '--role-arn', roleArn('deploy'), '--role-session-name', 'alice'],
      developer,
    );
    expect(taken.json().AssumedRoleUser.Arn).toMatch(/assumed-role\/deploy\/alice$/);
    const refused = await aws(
      ['sts', 'assume-role', '--role-arn', roleArn('denied'), '--role-session-name', 'alice'],
      developer,
    );
    expect(refused.stderr).toContain('An error occurred (AccessDenied) when calling the AssumeRole operation: User: ');
    expect(refused.status).not.toBe(0);
  });

  test.skipIf(missing)(`lists, copies and reads in S3${why}`, async () => {
    const file = join(home, 'upload.txt');
    writeFileSync(file, 'over the wire');
    const steps = [
      await aws(['s3', 'ls'], admin),
      await aws(['s3', 'cp', file, 's3://artifacts/dir/up load.txt'], admin),
      await aws(['s3', 'ls', 's3://artifacts/', '--recursive'], admin),
      await aws(['s3', 'cp', 's3://artifacts/dir/up load.txt', `${file}.back`], admin),
      await aws(['s3', 'rm', 's3://artifacts/dir/up load.txt'], admin),
    ];
    expect(steps.map(({ status, stderr }) => [status, stderr])).toEqual(steps.map(() => [0, '']));
    expect(steps[0]?.stdout).toMatch(/ artifacts\n.* secrets\n.* logs\n$/);
    expect(steps[2]?.stdout).toContain('dir/up load.txt');
    expect(readFileSync(`${file}.back`, 'utf8')).toBe('over the wire');
  });

  test.skipIf(missing)(`reads the portal${why}`, async () => {
    const { accessToken } = await signIn(sandbox);
    const listed = await aws(['sso', 'list-accounts', '--access-token', accessToken, '--page-size', '1']);
    expect(listed.json().accountList).toHaveLength(3);
    const args = ['--account-id', development, '--role-name', 'Developer', '--access-token', accessToken];
    expect((await aws(['sso', 'get-role-credentials', ...args])).json().roleCredentials.accessKeyId).toMatch(/^ASIA/);
    const refused = await aws(['sso', 'get-role-credentials', ...args.with(3, 'Nobody')]);
    expect(refused.stderr).toContain('(ForbiddenException) when calling the GetRoleCredentials operation: No access');
  });
});

const story = `
import boto3, sys
from botocore.config import Config
url = sys.argv[1]
session = boto3.Session(region_name='eu-west-1')
sts = session.client('sts', endpoint_url=url)
print(sts.get_caller_identity()['Arn'])
s3 = session.client('s3', endpoint_url=url, config=Config(signature_version='s3v4'))
s3.put_object(Bucket='artifacts', Key='boto/ü 1.txt', Body=b'from boto')
print(s3.get_object(Bucket='artifacts', Key='boto/ü 1.txt')['Body'].read().decode())
print([o['Key'] for p in s3.get_paginator('list_objects_v2').paginate(Bucket='artifacts', Prefix='boto/') for o in p['Contents']])
import urllib.request
signed = s3.generate_presigned_url('get_object', Params={'Bucket': 'artifacts', 'Key': 'boto/ü 1.txt'}, ExpiresIn=60)
print(urllib.request.urlopen(signed).read().decode())
s3.delete_object(Bucket='artifacts', Key='boto/ü 1.txt')
oidc = session.client('sso-oidc', endpoint_url=url)
client = oidc.register_client(clientName='boto', clientType='public')
device = oidc.start_device_authorization(clientId=client['clientId'], clientSecret=client['clientSecret'], startUrl='https://corp.awsapps.com/start')
try:
    oidc.create_token(clientId=client['clientId'], clientSecret=client['clientSecret'], grantType='urn:ietf:params:oauth:grant-type:device_code', deviceCode=device['deviceCode'])
except oidc.exceptions.AuthorizationPendingException as e:
    print(e.response['error'])
`;

import { removeDirectory } from '../support/remove-directory';

const pythons = ['/usr/bin/python3', 'python3'].map((command) => ({
  command,
  missing: !works(command, ['-c', 'import boto3']),
}));

describe.each(pythons)('$command', ({ command, missing }) => {
  test.skipIf(missing)(`boto3 tells the same story${unless(missing, 'boto3')}`, async () => {
    const script = join(home, 'story.py');
    writeFileSync(script, story);
    const { stdout, stderr } = await run(command, [script, sandbox.url], admin);
    expect(stderr.replaceAll(/^.*(Warning|warnings\.warn).*$/gm, '').trim()).toBe('');
    expect(stdout.trim().split('\n')).toEqual([
      'arn:aws:sts::444455556666:assumed-role/admin/alice@corp.example',
      'from boto',
      "['boto/ü 1.txt']",
      'from boto',
      'authorization_pending',
    ]);
  });
});
