import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Caller, type TargetRole, targetRoleTemplate, templates, trustPolicy } from '../../src/policy/target-role';
import { corp } from '../../src/sandbox/corp';
import { type Sandbox, startSandbox } from '../../src/sandbox/server';
import { startMoto } from '../support/moto';
import { needs, onPath } from '../support/needs';
import { removeDirectory } from '../support/remove-directory';
import { applyTerraform, terraform } from '../support/terraform';
import { type Home, newHome, run, runZsp } from '../support/zsp';

const developer = {
  kind: 'permission-set',
  accountId: '111122223333',
  roleName: 'Developer',
  region: 'eu-west-1',
} as const;
const target: TargetRole = {
  roleArn: 'arn:aws:iam::444455556666:role/team/made',
  caller: developer,
  sourceIdentity: false,
  tags: false,
};

type Trusts = readonly [what: string, changes: Partial<TargetRole>, keys: string, status: number][];

const trusts: Trusts = [
  ['lets the permission set in', {}, '', 0],
  ['lets it in with its external ID', { externalId: 'e1' }, 'zsp_external_id = e1', 0],
  ['keeps it out without', { externalId: 'e1' }, '', 5],
  ['allows a source identity', { sourceIdentity: true }, 'zsp_source_identity = alice', 0],
  ['allows tags', { tags: true }, 'zsp_session_tags = a=b', 0],
  ['allows no source identity by itself', {}, 'zsp_source_identity = alice', 5],
  ['allows no tags by itself', {}, 'zsp_session_tags = a=b', 5],
  ['keeps a permission set with a shorter name out', { caller: { ...developer, roleName: 'Devel' } }, '', 5],
  ['keeps another account out', { caller: { ...developer, accountId: '999900001111' } }, '', 5],
];
const elsewhere: Trusts = [['lets it in where its path has no region', {}, '', 0]];

describe.each([
  ['eu-west-1', trusts],
  ['us-east-1', elsewhere],
] as const)('the printed trust, with Identity Center in %s', (region, cases) => {
  let sandbox: Sandbox;
  let home: Home;
  const arn = (at: number) => `arn:aws:iam::444455556666:role/case-${at}`;

  beforeAll(async () => {
    const roles = cases.map(([, changes], at) => ({
      arn: arn(at),
      trust: trustPolicy({ ...target, caller: { ...developer, region }, ...changes }),
      policies: [],
      maxSessionSeconds: 3600,
    }));
    sandbox = await startSandbox({ directory: { ...corp, region, roles }, autoApproveMs: 0 });
    home = newHome({ AWS_ENDPOINT_URL: sandbox.url });
    const profiles = cases.map(
      ([, , keys], at) => `[profile case-${at}]\nzsp_source_profile = dev\nzsp_role_arn = ${arn(at)}\n${keys}\n`,
    );
    home.write(
      '.aws/config',
      `[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = ${region}\nzsp_keychain = file\n` +
        '[profile dev]\nzsp_sso_session = corp\nzsp_sso_account_id = 111122223333\nzsp_sso_role_name = Developer\n' +
        profiles.join(''),
    );
    expect(await runZsp(['login'], { env: home.env })).toMatchObject({ status: 0 });
  });
  afterAll(async () => {
    home.cleanup();
    await sandbox.close();
  });

  test.each(cases.map(([what, , , status], at) => [what, at, status] as const))('%s', async (_, at, status) => {
    expect(await runZsp(['whoami', `case-${at}`], { env: home.env })).toMatchObject({ status });
  });
});

describe('the printed trust', () => {
  test('names a role that assumes another', () => {
    const caller: Caller = { kind: 'role', roleArn: 'arn:aws:iam::111122223333:role/first' };
    expect(trustPolicy({ ...target, caller }).Statement).toEqual([
      { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::111122223333:role/first' }, Action: ['sts:AssumeRole'] },
    ]);
  });
});

describe('the template', () => {
  const directory = mkdtempSync(join(tmpdir(), 'zsp-target-role-'));
  afterAll(() => removeDirectory(directory));

  test.each(templates)('for %s holds the role, its longest session, and a place for its policy', (template) => {
    const text = targetRoleTemplate({ ...target, externalId: 'e1' }, template);
    for (const part of [
      '"made"',
      '"/team/"',
      '3600',
      'e1',
      'eu-west-1/AWSReservedSSO_Developer_',
      'put its own statements here',
    ]) {
      expect(text).toContain(part);
    }
  });

  const command = onPath('terraform');
  test.skipIf(command === undefined)('for Terraform is as terraform fmt writes it', async () => {
    writeFileSync(join(directory, 'role.tf'), targetRoleTemplate(target, 'terraform'));
    const { status, stdout, stderr } = await run('terraform', ['fmt', '-check', '-diff', directory], {
      env: { ...process.env, TF_CLI_CONFIG_FILE: '/dev/null' },
    });
    expect([stdout, stderr, status]).toEqual(['', '', 0]);
  });

  const server = needs('moto');
  const skip = server.skip || terraform.skip;
  test.skipIf(skip)(
    `for Terraform makes the role, applied to moto${server.why}${terraform.why}`,
    async () => {
      const moto = await startMoto();
      try {
        const chosen = { ...target, sourceIdentity: true, tags: true };
        const configuration = targetRoleTemplate(chosen, 'terraform') + provider(moto.url);
        const env = { PATH: process.env.PATH ?? '', HOME: directory };
        const { status, stdout, stderr } = await applyTerraform(join(directory, 'applied'), configuration, env);
        expect([status, stderr]).toEqual([0, '']);
        expect(stdout).toContain('2 added');

        const role = await askIam(moto.url, 'GetRole');
        const [, document = ''] = /<AssumeRolePolicyDocument>(.*?)<\//s.exec(role) ?? [];
        expect(JSON.parse(decodeURIComponent(document))).toEqual(trustPolicy(chosen));
        expect(role).toContain('<Path>/team/</Path>');
        expect(role).toContain('<MaxSessionDuration>3600</MaxSessionDuration>');
        expect(await askIam(moto.url, 'ListRolePolicies')).toContain('<member>made</member>');
      } finally {
        moto.stop();
      }
    },
    120_000,
  );

  const moto = spawnSync('python3', ['-c', 'import boto3, moto']).status === 0;
  test.skipIf(!moto)(`for CloudFormation makes the role${moto ? '' : ' (skipped: needs moto)'}`, async () => {
    const program = `
import boto3, json, os, sys
from moto import mock_aws
os.environ.update(AWS_ACCESS_KEY_ID='testing', AWS_SECRET_ACCESS_KEY='testing', AWS_DEFAULT_REGION='eu-west-1')
with mock_aws():
    boto3.client('cloudformation').create_stack(StackName='s', TemplateBody=sys.stdin.read(), Capabilities=['CAPABILITY_NAMED_IAM'])
    iam = boto3.client('iam')
    print(json.dumps([iam.get_role(RoleName='made')['Role'], iam.list_role_policies(RoleName='made')['PolicyNames']], default=str))`;
    const { stdout } = await run('python3', ['-c', program], {
      env: { PATH: process.env.PATH ?? '', HOME: directory, AWS_EC2_METADATA_DISABLED: 'true' },
      stdin: targetRoleTemplate(target, 'cloudformation'),
    });
    const [role, policies] = JSON.parse(stdout);
    expect(role).toMatchObject({ Path: '/team/', MaxSessionDuration: 3600 });
    expect(role.AssumeRolePolicyDocument).toEqual(trustPolicy(target));
    expect(policies).toEqual(['made']);
  });
});

const provider = (url: string) => `
provider "aws" {
  region                      = "eu-west-1"
  access_key                  = "testing"
  secret_key                  = "testing"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
  endpoints {
    iam = ${JSON.stringify(url)}
    sts = ${JSON.stringify(url)}
  }
}
`;

/** moto checks no signature, and takes the service from it. */
async function askIam(url: string, action: string): Promise<string> {
  const scope = 'Credential=testing/20260101/us-east-1/iam/aws4_request';
  const answer = await fetch(url, {
    method: 'POST',
    headers: { authorization: `AWS4-HMAC-SHA256 ${scope}, SignedHeaders=host, Signature=none` },
    body: new URLSearchParams({ Action: action, RoleName: 'made', Version: '2010-05-08' }),
  });
  return answer.text();
}
