import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import { DeleteObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { credentialProcessLine } from '../../src/profile/process-line';
import { type Moto, startMoto } from '../support/moto';
import { needs } from '../support/needs';
import { applyTerraform, terraform } from '../support/terraform';
import { launcher, type Run, run } from '../support/zsp';
import { age, answerOf, dev, openStage, role, type Stage } from './stage';

/** The client matrix of docs/clients.md: an odd profile name, a renewal in the middle, and what a user reads on failure. */

const odd = 'we ird/é';
/** The JS SDK reads no other characters in a profile's name than these. */
const oddForJs = 'we.ird/e@1+2:3%-_';
const arn = 'arn:aws:sts::444455556666:assumed-role/deploy/alice@corp.example';

/** Both of zsp's lines, as far as the client does not break them. */
const bothLines = /zsp: not signed in to corp[\s\S]*zsp login corp/;

interface Client {
  readonly name: string;
  readonly skip: boolean;
  readonly why: string;
  /** One call as a profile; what it prints has `shows` in it. */
  call(stage: Stage, profile: string): Promise<Run>;
  readonly shows: string;
  readonly profile: string;
  /** How the profile's section must be written for the client to find it. */
  readonly section: string;
  /** What its user reads when zsp says that he is not signed in. */
  readonly failure: RegExp;
}

const works = (command: string, args: readonly string[]) => spawnSync(command, args, { timeout: 30_000 }).status === 0;

/** Debian's program of that name, and the PATH's own where it is another. */
function everyOne(name: string, proof: readonly string[]): readonly string[] {
  const places = ['/usr/bin', ...(process.env.PATH ?? '').split(delimiter).filter(Boolean)];
  const found = places.map((directory) => join(directory, name)).filter((file) => existsSync(file));
  const each = [...new Map(found.reverse().map((file) => [realpathSync(file), file])).values()].reverse();
  return each.filter((file) => works(file, proof));
}

const cli = needs('aws');
const boto3 = needs('boto3');
const pythons = everyOne('python3', ['-c', 'import boto3']);

const pythonCall = `
import boto3, sys
print(boto3.Session(profile_name=sys.argv[1]).client('sts', endpoint_url=sys.argv[2]).get_caller_identity()['Arn'])
`;

const nodeCall = `
const { fromIni, fromProcess } = require('@aws-sdk/credential-providers');
const { STSClient, GetCallerIdentityCommand } = require('@aws-sdk/client-sts');
const [how, profile] = process.argv.slice(1);
const credentials = { fromProcess, fromIni, chain: () => undefined }[how]({ profile });
const at = { region: 'eu-west-1', endpoint: process.env.AWS_ENDPOINT_URL, ...(credentials && { credentials }) };
new STSClient(at).send(new GetCallerIdentityCommand({})).then(({ Arn }) => console.log(Arn), (error) => {
  console.error(error.message);
  process.exitCode = 1;
});
`;

const awsClients = (cli.skip ? ['aws'] : everyOne('aws', ['--version'])).map((command, at) => ({
  name: at === 0 ? "Debian's AWS CLI" : 'another AWS CLI of the PATH',
  ...cli,
  call: (stage: Stage, profile: string) =>
    run(command, ['--endpoint-url', stage.sandbox.url, '--profile', profile, 'sts', 'get-caller-identity'], {
      env: stage.env,
    }),
  shows: arn,
  profile: odd,
  section: `"${odd}"`,
  failure: bothLines,
}));

const pythonClients = (boto3.skip ? ['python3'] : pythons).map((command, at) => ({
  name: at === 0 ? "boto3 of Debian's Python" : 'boto3 of another Python of the PATH',
  ...boto3,
  call: (stage: Stage, profile: string) =>
    run(command, ['-c', pythonCall, profile, stage.sandbox.url], { env: stage.env }),
  shows: arn,
  profile: odd,
  section: `"${odd}"`,
  failure: bothLines,
}));

const nodeClients = ['fromIni', 'fromProcess', 'chain'].map((how) => ({
  name: `the JS SDK's ${how}`,
  skip: false,
  why: '',
  call: (stage: Stage, profile: string) =>
    run(process.execPath, ['-e', nodeCall, how, profile], {
      env: { ...stage.env, ...(how === 'chain' && { AWS_PROFILE: profile }) },
      cwd: join(__dirname, '..', '..'),
    }),
  shows: arn,
  profile: oddForJs,
  section: oddForJs,
  // The chain says nothing of what its providers said.
  failure: how === 'chain' ? /Could not load credentials from any providers/ : bothLines,
}));

const rclone: Client = {
  name: 'rclone, on the Go SDK v1',
  ...needs('rclone'),
  call: (stage, profile) =>
    run('rclone', ['lsf', '--low-level-retries=1', '--retries=1', 'artifacts:artifacts'], {
      env: {
        ...stage.env,
        AWS_SDK_LOAD_CONFIG: '1',
        AWS_PROFILE: profile,
        RCLONE_CONFIG_ARTIFACTS_TYPE: 's3',
        RCLONE_CONFIG_ARTIFACTS_PROVIDER: 'Other',
        RCLONE_CONFIG_ARTIFACTS_ENV_AUTH: 'true',
        RCLONE_CONFIG_ARTIFACTS_REGION: 'eu-west-1',
        RCLONE_CONFIG_ARTIFACTS_ENDPOINT: stage.sandbox.url,
        RCLONE_CONFIG_ARTIFACTS_FORCE_PATH_STYLE: 'true',
      },
    }),
  shows: 'manifest.json',
  profile: odd,
  // Go's SDKs take quotes for a part of the name.
  section: odd,
  failure: bothLines,
};

const terraformClient: Client = {
  name: 'terraform with the AWS provider, on the Go SDK v2',
  ...terraform,
  call: (stage, profile) => applyTerraform(join(stage.home.path, 'tf'), terraformPlan(profile), stage.env),
  shows: arn,
  profile: odd,
  section: odd,
  // The provider's stderr goes to Terraform's log; `zsp status --last-error` has the rest.
  failure: /error in\s+credential_process: exit status 4/,
};

const terraformPlan = (profile: string) => `
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
provider "aws" {
  region  = "eu-west-1"
  profile = ${JSON.stringify(profile)}
  max_retries = 1
}
data "aws_caller_identity" "me" {}
output "arn" { value = data.aws_caller_identity.me.arn }
`;

const clients: readonly Client[] = [...awsClients, ...pythonClients, ...nodeClients, rclone, terraformClient];

describe.each(clients)('$name', (client) => {
  let stage: Stage;
  beforeAll(async () => {
    if (client.skip) return;
    stage = await openStage();
    const credential_process = credentialProcessLine(process.execPath, launcher, client.profile);
    stage.configure({
      dev,
      [client.section]: {
        ...role('deploy', { zsp_duration: '15m' }),
        credential_process,
      },
    });
  });
  afterAll(() => stage?.close());
  const minted = () =>
    stage.sandbox.requests.filter(({ operation, status }) => operation === 'AssumeRole' && status === 200);

  test.skipIf(client.skip)(
    `fails readably without a sign-in, then calls as ${client.profile}, and again with a renewed session${client.why}`,
    async () => {
      const before = await client.call(stage, client.profile);
      expect(before.status).not.toBe(0);
      expect(`${before.stdout}${before.stderr}`).toMatch(client.failure);

      await stage.login();
      const first = await client.call(stage, client.profile);
      expect(first.stdout, first.stderr).toContain(client.shows);
      expect(minted()).toHaveLength(1);

      await age(stage, client.profile, 13);
      const renewed = await client.call(stage, client.profile);
      expect(renewed.stdout, renewed.stderr).toContain(client.shows);
      expect(minted()).toHaveLength(2);
    },
    180_000,
  );
});

/** Both move this machine's clock by what is written in `argv[1]`, as libfaketime reads it, and call again. */
const longLived = {
  python: `
import boto3, sys
sts = boto3.Session(profile_name='deploy').client('sts', endpoint_url=sys.argv[2])
for minutes in (0, 20, 40, 60):
    open(sys.argv[1], 'w').write('+%dm' % minutes)
    print(sts.get_caller_identity()['Arn'], flush=True)
`,
  node: `
const { STSClient, GetCallerIdentityCommand } = require('@aws-sdk/client-sts');
const { writeFileSync } = require('node:fs');
(async () => {
  const sts = new STSClient({ region: 'eu-west-1', endpoint: process.argv[2] });
  for (const minutes of [0, 20, 40, 60]) {
    writeFileSync(process.argv[1], '+' + minutes + 'm');
    console.log((await sts.send(new GetCallerIdentityCommand({}))).Arn);
  }
})();
`,
} as const;

const later = needs('faketime', 'boto3', 'linux');
const runners = [
  ...pythonClients.map(({ name }, at) => [name, pythons[at] ?? 'python3', ['-c', longLived.python]] as const),
  ['the JS SDK', process.execPath, ['-e', longLived.node]] as const,
];

describe.each(runners)('one process of %s', (_name, command, args) => {
  test.skipIf(later.skip)(`outlives three sessions of a quarter of an hour${later.why}`, async () => {
    let file = '';
    const offset = () => Number(/^\+(\d+)m$/.exec(file && readFileSync(file, 'utf8'))?.[1] ?? 0) * 60_000;
    const stage = await openStage({ clock: () => Date.now() + offset() });
    try {
      stage.configure({ dev, deploy: role('deploy', { zsp_duration: '15m' }) });
      await stage.login();
      file = stage.home.write('clock', '+0m');
      const env = {
        ...stage.env,
        AWS_PROFILE: 'deploy',
        LD_PRELOAD: '/usr/$LIB/faketime/libfaketime.so.1',
        FAKETIME_TIMESTAMP_FILE: file,
        FAKETIME_NO_CACHE: '1',
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
      };
      const cwd = join(__dirname, '..', '..');
      const { status, stdout, stderr } = await run(command, [...args, file, stage.sandbox.url], { env, cwd });
      expect({ status, stdout }, stderr).toEqual({ status: 0, stdout: `${arn}\n`.repeat(4) });
      const callers = stage.sandbox.requests.filter(({ operation }) => operation === 'GetCallerIdentity').slice(-4);
      expect(new Set(callers.map(({ accessKeyId }) => accessKeyId)).size).toBe(4);
    } finally {
      await stage.close();
    }
  });
});

const moto = needs('moto', 'aws');

describe('moto, an STS that is not ours', () => {
  let server: Moto | undefined;
  let front: Server;
  let stage: Stage;
  beforeAll(async () => {
    if (moto.skip) return;
    stage = await openStage();
    server = await startMoto();
    front = await sendStsTo(server.url, stage.sandbox.url);
  });
  afterAll(async () => {
    server?.stop();
    front?.close();
    await stage?.close();
  });

  test.skipIf(moto.skip)(`takes zsp's AssumeRole, and knows its session in the AWS CLI${moto.why}`, async () => {
    const url = `http://127.0.0.1:${(front.address() as AddressInfo).port}`;
    const env = { AWS_ENDPOINT_URL: url };
    stage.configure({ dev, deploy: role('deploy', { zsp_duration: '15m', zsp_session_tags: 'team=payments' }) });
    expect(await stage.zsp(['login', 'corp', '--no-browser'], env)).toMatchObject({ status: 0 });
    const { Expiration } = answerOf(await stage.credentials('deploy', env));
    expect(Date.parse(Expiration) - Date.now()).toBeLessThanOrEqual(900_000);
    const args = ['--endpoint-url', url, '--profile', 'deploy', 'sts', 'get-caller-identity'];
    const called = await run('/usr/bin/aws', args, { env: { ...stage.env, ...env } });
    expect(called.stdout, called.stderr).toMatch(/:sts::444455556666:assumed-role\/deploy\//);
    expect(stage.sandbox.count('AssumeRole')).toBe(0);
  });
});

/** moto lets the first six calls pass unsigned: these four, and the two that zsp asks STS. */
const setUp = `
import boto3, json, sys
at = dict(endpoint_url=sys.argv[1], region_name='us-east-1', aws_access_key_id='AKIAIOSFODNN7EXAMPLE', aws_secret_access_key='EXAMPLE')
def policy(**statement):
    return json.dumps(dict(Version='2012-10-17', Statement=[dict(Effect='Allow', **statement)]))
iam, s3 = boto3.client('iam', **at), boto3.client('s3', **at)
iam.create_role(RoleName='deploy', AssumeRolePolicyDocument=policy(Action='sts:AssumeRole', Principal=dict(AWS='*')))
lists = policy(Action='s3:ListBucket', Resource='arn:aws:s3:::releases')
iam.put_role_policy(RoleName='deploy', PolicyName='lists', PolicyDocument=lists)
s3.create_bucket(Bucket='releases')
s3.put_object(Bucket='releases', Key='v1.json', Body=b'{}')
`;

describe('moto, an IAM and an S3 that are not ours', () => {
  const ready = needs('moto', 'boto3');

  test.skipIf(ready.skip)(`know zsp's session by its signature, and what its role may${ready.why}`, async () => {
    const stage = await openStage();
    const server = await startMoto({ MOTO_ACCOUNT_ID: '444455556666', INITIAL_NO_AUTH_ACTION_COUNT: '6' });
    const front = await sendStsTo(server.url, stage.sandbox.url);
    try {
      const made = await run(pythons[0] ?? 'python3', ['-c', setUp, server.url], { env: stage.env });
      expect(made).toMatchObject({ status: 0, stderr: '' });
      const env = { AWS_ENDPOINT_URL: `http://127.0.0.1:${(front.address() as AddressInfo).port}` };
      stage.configure({ dev, deploy: role('deploy') });
      expect(await stage.zsp(['login', 'corp', '--no-browser'], env)).toMatchObject({ status: 0 });
      const { AccessKeyId, SecretAccessKey, SessionToken } = answerOf(await stage.credentials('deploy', env));

      const session = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
      const at = { endpoint: server.url, region: 'us-east-1', forcePathStyle: true, maxAttempts: 1 };
      const given = new S3Client({ ...at, credentials: session });
      const { Contents } = await given.send(new ListObjectsV2Command({ Bucket: 'releases' }));
      expect(Contents).toMatchObject([{ Key: 'v1.json' }]);
      const removed = given.send(new DeleteObjectCommand({ Bucket: 'releases', Key: 'v1.json' }));
      await expect(removed).rejects.toMatchObject({ name: 'AccessDenied' });
      const forged = new S3Client({ ...at, credentials: { ...session, secretAccessKey: 'EXAMPLE' } });
      const listed = forged.send(new ListObjectsV2Command({ Bucket: 'releases' }));
      await expect(listed).rejects.toMatchObject({ name: 'SignatureDoesNotMatch' });
    } finally {
      server.stop();
      front.close();
      await stage.close();
    }
  });
});

/** One endpoint, as a sign-in has: STS's forms go to one AWS, all else to the other. */
async function sendStsTo(sts: string, rest: string): Promise<Server> {
  const front = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const isForm = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded');
    const here = `http://${request.headers.host}`;
    const { connection: _, host: _host, 'content-length': _length, ...headers } = request.headers;
    const answer = await fetch(`${isForm ? sts : rest}${request.url}`, {
      method: request.method ?? 'GET',
      headers: headers as Record<string, string>,
      ...(chunks.length > 0 && { body: Buffer.concat(chunks) }),
    });
    const body = (await answer.text()).replaceAll(rest, here);
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' }).end(body);
  });
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
  return front;
}
