import { spawnSync } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { needs, onPath } from '../support/needs';
import { run } from '../support/zsp';
import { openStage, type Stage } from './stage';

/** Real clients take their credentials from the shipped zsp, and nothing more than the profile's policy allows. */

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

const works = (command: string, args: readonly string[]) => spawnSync(command, args, { timeout: 30_000 }).status === 0;

/** Every program of that name on the PATH, Debian's first; one that is there under two names counts once. */
function everyOne(name: string, proof: readonly string[]): readonly string[] {
  const onThePath = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  const places = process.platform === 'win32' ? [] : ['/usr/bin', ...onThePath];
  const found = places.map((directory) => join(directory, name)).filter((file) => works(file, proof));
  return [...new Map(found.map((file) => [realpathSync(file), file] as const).reverse()).values()].reverse();
}

const cli = needs('aws');
const clis = everyOne('aws', ['--version']);

describe.each(clis.length > 0 ? clis : ['aws'])('%s', (command) => {
  const aws = (...args: string[]) =>
    run(command, ['--endpoint-url', stage.sandbox.url, '--profile', 'deploy', ...args], { env: stage.env });

  test.skipIf(cli.skip)(
    `fails before the sign-in and says what to do, works after it, fails after${cli.why}`,
    async () => {
      const before = await aws('s3', 'ls', 's3://artifacts');
      expect(before).toMatchObject({ stdout: '' });
      expect(before.status).not.toBe(0);
      expect(before.stderr).toContain('zsp: not signed in to corp');
      expect(before.stderr).toContain('zsp login corp');

      await stage.login();
      expect(await aws('s3', 'ls', 's3://artifacts')).toMatchObject({
        status: 0,
        stdout: expect.stringContaining('manifest.json'),
        stderr: '',
      });
      const identity = await aws('sts', 'get-caller-identity', '--query', 'Arn', '--output', 'text');
      expect(identity).toEqual({
        status: 0,
        stdout: 'arn:aws:sts::444455556666:assumed-role/deploy/alice@corp.example\n',
        stderr: '',
      });

      // The role may delete; the session policy may not.
      const refused = await aws('s3', 'rm', 's3://artifacts/manifest.json');
      expect(refused.status).not.toBe(0);
      expect(`${refused.stdout}${refused.stderr}`).toContain('AccessDenied');
      expect((await aws('s3', 'ls', 's3://artifacts')).stdout).toContain('manifest.json');

      expect(await stage.zsp(['logout', 'corp'])).toMatchObject({ status: 0, stdout: 'Signed out of corp.\n' });
      const after = await aws('s3', 'ls', 's3://artifacts');
      expect(after).toMatchObject({ stdout: '', status: before.status, stderr: before.stderr });
    },
  );
});

const story = `
import boto3, sys
session = boto3.Session(profile_name='deploy')
at = dict(endpoint_url=sys.argv[1])
print(session.client('sts', **at).get_caller_identity()['Arn'])
s3 = session.client('s3', **at)
print(s3.list_objects_v2(Bucket='artifacts', Prefix='manifest')['Contents'][0]['Key'])
try:
    s3.delete_object(Bucket='artifacts', Key='manifest.json')
except s3.exceptions.ClientError as e:
    print(e.response['Error']['Code'])
`;

const told = [
  'arn:aws:sts::444455556666:assumed-role/deploy/alice@corp.example',
  'manifest.json',
  'AccessDenied',
  '',
].join('\n');

const boto3 = needs('boto3');
const pythons = everyOne('python3', ['-c', 'import boto3']);

describe.each(pythons.length > 0 ? pythons : ['python3'])('boto3 of %s', (command) => {
  test.skipIf(boto3.skip)(`calls through a profile, inside its policy only${boto3.why}`, async () => {
    await stage.login();
    const script = stage.home.write('story.py', story);
    const { status, stdout } = await run(command, [script, stage.sandbox.url], { env: stage.env });
    expect({ status, stdout }).toEqual({ status: 0, stdout: told });
  });
});

const sdkStory = `
const { fromIni, fromProcess } = require('@aws-sdk/credential-providers');
const { STSClient, GetCallerIdentityCommand } = require('@aws-sdk/client-sts');
const { S3Client, ListObjectsV2Command, DeleteObjectCommand } = require('@aws-sdk/client-s3');
const provider = { fromProcess, fromIni, chain: () => undefined }[process.argv[1]];
const credentials = provider({ profile: 'deploy' });
const at = { region: 'eu-west-1', endpoint: process.env.AWS_ENDPOINT_URL, ...(credentials && { credentials }) };
(async () => {
  console.log((await new STSClient(at).send(new GetCallerIdentityCommand({}))).Arn);
  const s3 = new S3Client({ ...at, forcePathStyle: true });
  console.log((await s3.send(new ListObjectsV2Command({ Bucket: 'artifacts', Prefix: 'manifest' }))).Contents[0].Key);
  const remove = new DeleteObjectCommand({ Bucket: 'artifacts', Key: 'manifest.json' });
  await s3.send(remove).catch((error) => console.log(error.name));
})();
`;

describe('the JS SDK', () => {
  const sdk = (how: string) =>
    run(process.execPath, ['-e', sdkStory, how], {
      env: { ...stage.env, ...(how === 'chain' && { AWS_PROFILE: 'deploy' }) },
      cwd: join(__dirname, '..', '..'),
    });

  test.each(['fromProcess', 'fromIni', 'chain'])('calls through %s, inside its policy only', async (how) => {
    await stage.login();
    const { status, stdout } = await sdk(how);
    expect({ status, stdout }).toEqual({ status: 0, stdout: told });
  });

  test('passes on what zsp says when there is no sign-in', async () => {
    await stage.login();
    await stage.zsp(['logout', 'corp']);
    const { status, stderr } = await sdk('fromProcess');
    expect(status).not.toBe(0);
    expect(stderr).toContain('zsp login corp');
  });
});

const rclone = needs('rclone');
test.skipIf(rclone.skip)(`rclone, on the Go SDK, lists through a profile${rclone.why}`, async () => {
  await stage.login();
  const remote = `:s3,provider=Other,env_auth=true,profile=deploy,region=eu-west-1,force_path_style=true,endpoint='${stage.sandbox.url}':artifacts`;
  const listed = await run(onPath('rclone') ?? 'rclone', ['lsf', remote], {
    env: { ...stage.env, AWS_SDK_LOAD_CONFIG: '1', AWS_PROFILE: 'deploy' },
  });
  expect(listed).toMatchObject({ status: 0, stdout: expect.stringContaining('manifest.json') });
});
