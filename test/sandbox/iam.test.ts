import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/server';
import { needs } from '../support/needs';
import { newHome, run } from '../support/zsp';
import { type Keys, longLived, permissionSet, refusalOf, sts } from './clients';

let sandbox: Sandbox;
const home = newHome({ AWS_DEFAULT_REGION: 'eu-west-1' });
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(async () => {
  home.cleanup();
  await sandbox.close();
});

const botocore = needs('botocore');

/** Runs Python lines against `iam`, signed with these keys; `tell(…)` prints a line, `refused(…)` AWS's answer to a call. */
async function boto3(keys: Keys, lines: string): Promise<unknown[]> {
  const script = home.write(
    'story.py',
    `import botocore.session, json, sys
from botocore.exceptions import ClientError
keys = json.loads(sys.stdin.read())
session = botocore.session.Session()
session.set_credentials(keys['accessKeyId'], keys['secretAccessKey'], keys.get('sessionToken'))
iam = session.create_client('iam', endpoint_url=sys.argv[1])
def tell(value): print(json.dumps(value, default=str))
def refused(method, **fields):
  try:
    getattr(iam, method)(**fields)
  except ClientError as error:
    tell([error.response['Error']['Code'], error.response['ResponseMetadata']['HTTPStatusCode'], error.response['Error']['Message']])
${lines}`,
  );
  const { stdout, stderr } = await run('/usr/bin/python3', [script, sandbox.url], {
    env: home.env,
    stdin: JSON.stringify(keys),
  });
  expect(stderr).toBe('');
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

test.skipIf(botocore.skip)(`a user finds, replaces, switches off and deletes his key${botocore.why}`, async () => {
  const [user, listed, made, limit, used, unused, off, on] = await boto3(
    longLived,
    `
tell(iam.get_user()['User']['Arn'])
tell([[k['UserName'], k['AccessKeyId'], k['Status']] for k in iam.list_access_keys()['AccessKeyMetadata']])
made = iam.create_access_key()['AccessKey']
tell([made['Status'], made['AccessKeyId'][:4], len(made['SecretAccessKey'])])
refused('create_access_key')
last = iam.get_access_key_last_used(AccessKeyId=keys['accessKeyId'])
tell([last['UserName'], last['AccessKeyLastUsed']['ServiceName'], 'LastUsedDate' in last['AccessKeyLastUsed']])
last = iam.get_access_key_last_used(AccessKeyId=made['AccessKeyId'])['AccessKeyLastUsed']
tell([last['ServiceName'], last['Region'], 'LastUsedDate' in last])
iam.update_access_key(AccessKeyId=made['AccessKeyId'], Status='Inactive')
tell(iam.list_access_keys(UserName='legacy-ci')['AccessKeyMetadata'][1]['Status'])
iam.delete_access_key(AccessKeyId=made['AccessKeyId'])
tell(len(iam.list_access_keys()['AccessKeyMetadata']))
`,
  );
  expect(user).toBe('arn:aws:iam::111122223333:user/legacy-ci');
  expect(listed).toEqual([['legacy-ci', longLived.accessKeyId, 'Active']]);
  expect(made).toEqual(['Active', 'AKIA', 40]);
  expect(limit).toEqual(['LimitExceeded', 409, 'Cannot exceed quota for AccessKeysPerUser: 2']);
  expect(used).toEqual(['legacy-ci', 'iam', true]);
  expect(unused).toEqual(['N/A', 'N/A', false]);
  expect([off, on]).toEqual(['Inactive', 1]);
});

test.skipIf(botocore.skip)(`the policies of the caller decide${botocore.why}`, async () => {
  const mayNot = await boto3(
    await permissionSet(sandbox),
    "refused('list_access_keys', UserName='legacy-ci')\nrefused('list_access_keys')",
  );
  expect(mayNot).toEqual([
    [
      'AccessDenied',
      403,
      'User: arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Developer_0123456789abcdef/alice@corp.example is not authorized to perform: iam:ListAccessKeys on resource: user legacy-ci because no identity-based policy allows the iam:ListAccessKeys action',
    ],
    ['ValidationError', 400, 'Must specify userName when calling with non-User credentials'],
  ]);
  const others = await boto3(
    longLived,
    "refused('list_users')\nrefused('get_user', UserName='root')\nrefused('delete_access_key', AccessKeyId='AKIAIOSFODNN7EXAMPLF')",
  );
  expect(others).toMatchObject([
    ['AccessDenied', 403, expect.stringContaining('iam:ListUsers on resource: arn:aws:iam::111122223333:user/')],
    ['AccessDenied', 403, expect.stringContaining('iam:GetUser on resource: user root')],
    ['NoSuchEntity', 404, 'The Access Key with id AKIAIOSFODNN7EXAMPLF cannot be found.'],
  ]);
});

test.skipIf(botocore.skip)(`a key that is switched off opens nothing${botocore.why}`, async () => {
  const identity = () => sts(sandbox, longLived).send(new GetCallerIdentityCommand({}));
  expect(await identity()).toHaveProperty('Arn');
  await boto3(longLived, "iam.update_access_key(AccessKeyId=keys['accessKeyId'], Status='Inactive')\ntell(1)");
  expect(await refusalOf(identity())).toMatchObject({ name: 'InvalidClientTokenId', status: 403 });
});
