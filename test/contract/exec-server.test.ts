import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { needs } from '../support/needs';
import { launcher, run } from '../support/zsp';
import { openStage, role, type Stage } from './stage';

/**
 * `zsp exec --server`: real clients call on and on while their sessions of a minute expire under them. Their clock, zsp's and
 * AWS's run ten times as fast, so that three expirations take half a minute.
 */
const speed = 10;
let started: number | undefined;
const clock = () => (started === undefined ? Date.now() : started + (Date.now() - started) * speed);

let stage: Stage;
beforeAll(async () => {
  stage = await openStage({ clock });
  stage.configure({
    // The profile has a credential_process: as [default] it would win over the endpoint, were it in the command's config.
    default: {
      region: 'eu-west-1',
      zsp_sso_session: 'corp',
      zsp_sso_account_id: '111122223333',
      zsp_sso_role_name: 'Developer',
    },
    short: {
      ...role('deploy', { zsp_duration: '60s' }),
      zsp_source_profile: 'default',
      s3: '\n  addressing_style = path',
    },
  });
  await stage.login();
});
afterAll(() => stage.close());

const boto3 = `
import select, sys, time
time.sleep = lambda seconds: select.select([], [], [], seconds)  # Python's own fails under faketime
import boto3
client = boto3.client('s3', endpoint_url=sys.argv[1])
end = time.time() + 220
calls = 0
while time.time() < end:
    client.list_objects_v2(Bucket='artifacts')
    calls += 1
    time.sleep(1)
print('calls', calls > 10)
`;

const sdk = `
const { S3Client, ListObjectsV2Command } = require(process.argv[2]);
const client = new S3Client({ region: 'eu-west-1', endpoint: process.argv[1], forcePathStyle: true });
(async () => {
  const end = Date.now() + 220_000;
  let calls = 0;
  while (Date.now() < end) {
    await client.send(new ListObjectsV2Command({ Bucket: 'artifacts' }));
    calls += 1;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
  console.log('calls', calls > 10);
})();
`;

const cli = `
end=$(( $(date +%s) + 220 ))
calls=0
while [ "$(date +%s)" -lt "$end" ]; do
  aws --endpoint-url "$1" s3api list-objects-v2 --bucket artifacts --query KeyCount >/dev/null || exit 1
  calls=$((calls + 1))
done
[ "$calls" -gt 3 ] && echo calls True
`;

const commands = (url: string) => ({
  boto3: ['/usr/bin/python3', '-c', boto3, url],
  'JS SDK': [process.execPath, '-e', sdk, url, resolve('node_modules/@aws-sdk/client-s3')],
  'AWS CLI': ['sh', '-c', cli, 'sh', url],
});

const need = needs('faketime', 'boto3', 'aws');

describe(`a command under exec --server${need.why}`, () => {
  test.skipIf(need.skip)(
    'outlives its sessions with boto3, the JS SDK and the AWS CLI',
    { timeout: 120_000 },
    async () => {
      started = Date.now();
      const env = {
        ...stage.env,
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
        FAKETIME_DONT_RESET: '1',
        AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      };
      const exec = [process.execPath, launcher, 'exec', 'short', '--server', '--'];
      const runs = Object.entries(commands(stage.sandbox.url)).map(async ([client, command]) => {
        const args = ['-f', `@${stamp(started ?? 0)} x${speed}`, ...exec, ...command];
        return { client, ...(await run('faketime', args, { env, timeout: 100_000 })) };
      });
      for (const { client, status, stdout, stderr } of await Promise.all(runs)) {
        expect({ client, status, said: stdout.toLowerCase(), stderr }).toEqual({
          client,
          status: 0,
          said: 'calls true\n',
          stderr: '',
        });
      }
      const listed = stage.sandbox.requests.filter(({ operation }) => operation.startsWith('ListObjects'));
      expect(listed.filter(({ status }) => status !== 200)).toEqual([]);
      expect(new Set(listed.map(({ accessKeyId }) => accessKeyId)).size).toBeGreaterThan(3);
      started = undefined;
    },
  );
});

/** faketime reads local time, which is UTC here. */
function stamp(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 19).replace('T', ' ');
}

describe('what the command is given', () => {
  const show = (script: string) => ['exec', 'short', '--server', '--', process.execPath, '-e', script];

  test('is an endpoint, a token, a region and files without credentials, and nothing that leads elsewhere', async () => {
    const script = `
      const fs = require('node:fs');
      const names = Object.keys(process.env).filter((name) => /^(AWS|ZSP)_/.test(name) && !/ENDPOINT_URL|PAGER|METADATA/.test(name));
      const { AWS_CONFIG_FILE: config, AWS_SHARED_CREDENTIALS_FILE: credentials } = process.env;
      const mode = (file) => (fs.statSync(file).mode & 0o777).toString(8);
      console.log(JSON.stringify({ names: names.sort(), config: fs.readFileSync(config, 'utf8'),
        credentials: fs.readFileSync(credentials, 'utf8'), modes: [mode(config), mode(require('node:path').dirname(config))], config_at: config }));`;
    const { status, stdout, stderr } = await stage.zsp(show(script), {
      AWS_PROFILE: 'default',
      AWS_ACCESS_KEY_ID: 'AKIAX',
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const found = JSON.parse(stdout) as Record<string, string>;
    expect(found).toMatchObject({
      names: [
        'AWS_CONFIG_FILE',
        'AWS_CONTAINER_AUTHORIZATION_TOKEN',
        'AWS_CONTAINER_CREDENTIALS_FULL_URI',
        'AWS_DEFAULT_REGION',
        'AWS_REGION',
        'AWS_SHARED_CREDENTIALS_FILE',
      ],
      credentials: '',
      ...(process.platform === 'win32' ? {} : { modes: ['600', '700'] }),
    });
    const settings = 'region = eu-west-1\ns3 =\n  addressing_style = path\n';
    expect(found.config).toBe(`[default]\n${settings}[profile "short"]\n${settings}`);
    expect(existsSync(join(found.config_at ?? '', '..'))).toBe(false);
  });

  test("ends with the command's own status, and the endpoint with it", async () => {
    const { status, stdout } = await stage.zsp(
      show('console.log(process.env.AWS_CONTAINER_CREDENTIALS_FULL_URI); process.exitCode = 7;'),
    );
    expect(status).toBe(7);
    await expect(fetch(stdout.trim())).rejects.toThrow();
  });

  test('is nothing where the first credentials cannot be had', async () => {
    const failed = await stage.zsp(['exec', 'nowhere', '--server', '--', process.execPath, '-e', 'console.log("ran")']);
    expect(failed).toMatchObject({ status: 3, stdout: '' });
  });
});
