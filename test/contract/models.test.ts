import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsCommand,
} from '@aws-sdk/client-s3';
import { ListAccountsCommand } from '@aws-sdk/client-sso';
import {
  CreateTokenCommand,
  CreateTokenRequest$,
  RegisterClientCommand,
  RegisterClientRequest$,
} from '@aws-sdk/client-sso-oidc';
import { AssumeRoleCommand, AssumeRoleWithWebIdentityCommand } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Exchange, Service } from '../../src/sandbox/wire';
import { type Keys, longLived, oidc, portal, roleArn, s3, signIn, sts } from '../sandbox/clients';
import { needs } from '../support/needs';
import { answerProblems, type Newer, requestProblems, serviceModel } from '../support/service-model';
import { run } from '../support/zsp';
import { openStage, role, type Stage } from './stage';

/** Every request that zsp and the clients make, and every answer of the sandbox, against AWS's own service models. */

const models = needs('botocore', 'aws');
let stage: Stage;
const exchanges: Exchange[] = [];
beforeAll(async () => {
  stage = await openStage({ lifetimes: { intervalSeconds: 1 }, observe: (exchange) => void exchanges.push(exchange) });
});
beforeEach(() => {
  exchanges.length = 0;
});
afterAll(() => stage.close());

const directories: Readonly<Record<Exclude<Service, 'page'>, string>> = {
  oidc: 'sso-oidc',
  portal: 'sso',
  sts: 'sts',
  iam: 'iam',
  s3: 's3',
};

/** What the JS client's schema knows and Debian's model does not. */
const membersOf = (schema: readonly unknown[]) => schema[4] as readonly string[];
const newer: Newer = {
  RegisterClientRequest: membersOf(RegisterClientRequest$),
  CreateTokenRequest: membersOf(CreateTokenRequest$),
};

/**
 * Errors that no operation lists, with their status.
 * https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html, and of S3 API/ErrorResponses.html
 */
const common = {
  oidc: {},
  // The portal answers it for a role that is not yours, and its model leaves it out.
  portal: { ForbiddenException: 403 },
  sts: {
    AccessDenied: 403,
    ValidationError: 400,
    ExpiredToken: 403,
    InvalidClientTokenId: 403,
    SignatureDoesNotMatch: 403,
    MissingAuthenticationToken: 403,
    InvalidParameterValue: 400,
    MalformedInput: 400,
    Throttling: 400,
    InvalidAction: 400,
  },
  iam: { AccessDenied: 403, ValidationError: 400, InvalidClientTokenId: 403, Throttling: 400 },
  s3: {
    AccessDenied: 403,
    NoSuchKey: 404,
    NoSuchBucket: 404,
    ExpiredToken: 400,
    InvalidToken: 400,
    InvalidAccessKeyId: 403,
    SignatureDoesNotMatch: 403,
    'HTTP 403': 403,
    'HTTP 404': 404,
  },
} as const;

/** AWS leaves it out for a key that was never used, which newer models say too: API_AccessKeyLastUsed. */
const neverUsed = 'GetAccessKeyLastUsed.AccessKeyLastUsed.LastUsedDate: missing';

function problems(): readonly string[] {
  const found = exchanges.flatMap(({ operation, service, call, answer }) => {
    if (service === 'page') return [];
    const model = serviceModel(directories[service]);
    // A request that was refused may be one that was wrong on purpose.
    const asked = answer.status < 400 ? requestProblems(model, operation, call, newer) : [];
    return [...asked, ...answerProblems(model, operation, answer, common[service])];
  });
  return found.filter((problem) => problem !== neverUsed);
}

const seen = (service: Service) => [
  ...new Set(exchanges.filter((one) => one.service === service && one.answer.status < 400).map((one) => one.operation)),
];
const refusedWith = () =>
  new Set(exchanges.filter((one) => one.answer.status >= 400).map((one) => `${one.operation} ${one.answer.status}`));

const everything = {
  zsp_session_policy: '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}',
  zsp_policy_arns: 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess',
  zsp_duration: '15m',
  zsp_source_identity: 'alice',
  zsp_session_tags: 'team=payments,ticket=AB-1',
  zsp_transitive_tags: 'team',
};

test.skipIf(models.skip)(`zsp’s own calls, from the first sign-in to the last logout${models.why}`, async () => {
  stage.configure({
    dev: {
      region: 'eu-west-1',
      zsp_sso_session: 'corp',
      zsp_sso_account_id: '111122223333',
      zsp_sso_role_name: 'Developer',
    },
    other: {
      region: 'eu-west-1',
      zsp_sso_session: 'corp',
      zsp_sso_account_id: '111122223333',
      zsp_sso_role_name: 'ReadOnly',
    },
    deploy: role('deploy', { zsp_session_policy: everything.zsp_session_policy }),
    audited: role('audited', everything),
    vendor: role('vendor', { zsp_external_id: 'corp-vendor-42' }),
    denied: role('denied'),
  });
  await stage.login();
  for (const [profile, status] of [
    ['dev', 0],
    ['deploy', 0],
    ['audited', 0],
    ['vendor', 0],
    ['denied', 5],
  ] as const) {
    expect((await stage.credentials(profile)).status, profile).toBe(status);
  }
  stage.sandbox.revokeToken();
  expect((await stage.credentials('other')).status).toBe(0);
  expect((await stage.zsp(['whoami', 'deploy'])).status).toBe(0);
  expect((await stage.zsp(['logout', 'corp'])).status).toBe(0);
  expect(seen('oidc')).toEqual(['RegisterClient', 'StartDeviceAuthorization', 'CreateToken']);
  expect(seen('portal')).toEqual(['GetRoleCredentials', 'Logout']);
  expect(seen('sts')).toEqual(expect.arrayContaining(['GetCallerIdentity', 'AssumeRole']));
  expect([...refusedWith()]).toEqual(expect.arrayContaining(['AssumeRole 403', 'GetRoleCredentials 401']));
  expect(problems()).toEqual([]);
});

const iamStory = `
import botocore.session, json, sys
keys = json.loads(sys.stdin.read())
session = botocore.session.Session()
session.set_credentials(keys['accessKeyId'], keys['secretAccessKey'])
iam = session.create_client('iam', endpoint_url=sys.argv[1])
iam.get_user(); iam.list_access_keys(); iam.get_access_key_last_used(AccessKeyId=keys['accessKeyId'])
made = iam.create_access_key(UserName='legacy-ci')['AccessKey']['AccessKeyId']
iam.get_access_key_last_used(AccessKeyId=made)
iam.update_access_key(AccessKeyId=made, Status='Inactive'); iam.delete_access_key(AccessKeyId=made)
for call in iam.list_users, lambda: iam.delete_access_key(AccessKeyId=made):
  try: call()
  except iam.exceptions.ClientError: pass
`;

test.skipIf(models.skip)(`the AWS CLI’s and botocore’s calls${models.why}`, async () => {
  await stage.login();
  const aws = (...args: string[]) =>
    run('/usr/bin/aws', ['--endpoint-url', stage.sandbox.url, '--profile', 'deploy', ...args], { env: stage.env });
  const file = stage.home.write('upload.txt', 'over the wire');
  const steps = [
    await aws('s3', 'cp', file, 's3://artifacts/mödel 1.txt'),
    await aws('s3', 'ls', 's3://artifacts/'),
    await aws('s3', 'cp', 's3://artifacts/mödel 1.txt', `${file}.back`),
    await aws('s3', 'rm', 's3://artifacts/mödel 1.txt'),
    await aws('sts', 'get-caller-identity'),
  ];
  expect(steps.map(({ status, stderr }) => [status, stderr])).toEqual(steps.map(() => [0, '']));
  expect((await aws('s3', 'ls', 's3://secrets/')).status).not.toBe(0);
  const story = await run('/usr/bin/python3', [stage.home.write('iam.py', iamStory), stage.sandbox.url], {
    env: { ...stage.env, AWS_DEFAULT_REGION: 'eu-west-1' },
    stdin: JSON.stringify(longLived),
  });
  expect(story).toMatchObject({ status: 0, stderr: '' });
  expect(seen('iam')).toHaveLength(6);
  expect(seen('s3')).toEqual(expect.arrayContaining(['PutObject', 'GetObject', 'ListObjectsV2', 'DeleteObject']));
  expect(problems()).toEqual([]);
});

test.skipIf(models.skip)(`the JS SDK’s calls, with the fields of PKCE and a web identity${models.why}`, async () => {
  const { sandbox } = stage;
  const redirectUris = ['http://127.0.0.1/oauth/callback'];
  const client = await oidc(sandbox).send(
    new RegisterClientCommand({
      clientName: 'js',
      clientType: 'public',
      scopes: ['sso:account:access'],
      grantTypes: ['authorization_code', 'refresh_token'],
      redirectUris,
      issuerUrl: 'https://corp.awsapps.com/start',
    }),
  );
  const { clientId = '', clientSecret = '' } = client;
  const redirectUri = 'http://127.0.0.1:50123/oauth/callback';
  const question = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri,
    state: 's',
    code_challenge_method: 'S256',
    scopes: 'sso:account:access',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  });
  const back = await fetch(`${sandbox.url}/authorize?${question}`, { redirect: 'manual' });
  const code = new URL(back.headers.get('location') ?? '').searchParams.get('code') ?? '';
  const codeVerifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
  const redeem = () =>
    oidc(sandbox).send(
      new CreateTokenCommand({
        clientId,
        clientSecret,
        grantType: 'authorization_code',
        code,
        redirectUri,
        codeVerifier,
      }),
    );
  const { accessToken = '' } = await redeem();
  await redeem().catch(() => undefined);
  await portal(sandbox).send(new ListAccountsCommand({ accessToken, maxResults: 2 }));
  const none: Keys = { accessKeyId: 'none', secretAccessKey: 'none' };
  const RoleSessionName = 'build-7';
  const byToken = (WebIdentityToken: string) =>
    sts(sandbox, none).send(
      new AssumeRoleWithWebIdentityCommand({ RoleArn: roleArn('pipeline'), RoleSessionName, WebIdentityToken }),
    );
  const { Credentials } = await byToken(sandbox.webIdentityToken());
  await byToken(sandbox.webIdentityToken({ exp: 1 })).catch(() => undefined);
  await byToken(sandbox.webIdentityToken({ nbf: 4e9 })).catch(() => undefined);
  await byToken('not a token').catch(() => undefined);
  const keys: Keys = {
    accessKeyId: Credentials?.AccessKeyId ?? '',
    secretAccessKey: Credentials?.SecretAccessKey ?? '',
    sessionToken: Credentials?.SessionToken ?? '',
  };
  const bucket = s3(sandbox, keys);
  await bucket.send(new GetObjectCommand({ Bucket: 'artifacts', Key: 'manifest.json' }));
  await bucket.send(new HeadObjectCommand({ Bucket: 'artifacts', Key: 'manifest.json' }));
  await bucket.send(new ListObjectsCommand({ Bucket: 'artifacts', Delimiter: '/', MaxKeys: 1 }));
  await bucket.send(new GetObjectCommand({ Bucket: 'artifacts', Key: 'none' })).catch(() => undefined);
  await bucket.send(new DeleteObjectCommand({ Bucket: 'secrets', Key: 'x' })).catch(() => undefined);
  await bucket.send(new ListBucketsCommand({})).catch(() => undefined);
  const wrong = new AssumeRoleCommand({ RoleArn: roleArn('deploy'), RoleSessionName: 'x', DurationSeconds: 1 });
  await sts(sandbox, keys)
    .send(wrong)
    .catch(() => undefined);
  sandbox.revokeCredentials();
  await sts(sandbox, keys)
    .send(wrong)
    .catch(() => undefined);
  await signIn(sandbox);
  expect(seen('sts')).toContain('AssumeRoleWithWebIdentity');
  expect(problems()).toEqual([]);
});

describe('the check itself finds', () => {
  const form = (fields: Record<string, string>) => ({
    method: 'POST',
    path: '/',
    query: [],
    search: '',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: Buffer.from(new URLSearchParams({ Action: 'AssumeRole', Version: '2011-06-15', ...fields }).toString()),
    sourceIp: '127.0.0.1',
  });
  const right = { RoleArn: roleArn('deploy'), RoleSessionName: 'alice' };

  test.skipIf(models.skip).each<[string, Record<string, string>, string[]]>([
    ['nothing in a right request', {}, []],
    ['an unknown parameter', { Rolearn: 'x' }, ['AssumeRole.Rolearn: unknown']],
    ['a name that is too short', { RoleSessionName: 'a' }, ['AssumeRole.RoleSessionName: 1 is not within 2 and 64']],
    [
      'a name of other characters',
      { RoleSessionName: 'a b' },
      ['AssumeRole.RoleSessionName: not of the pattern [\\w+=,.@-]*'],
    ],
    [
      'a duration that is too short',
      { DurationSeconds: '60' },
      ['AssumeRole.DurationSeconds: 60 is not within 900 and 43200'],
    ],
    ['a member of a wrong name', { 'PolicyArns.member.1.Arn': 'x' }, ['AssumeRole.PolicyArns[0].Arn: unknown']],
    [
      'a list that does not begin at one',
      { 'PolicyArns.member.0.arn': roleArn('x') },
      ['AssumeRole.PolicyArns: not a list'],
    ],
    ['a tag without a value', { 'Tags.member.1.Key': 'x' }, ['AssumeRole.Tags[0].Value: missing']],
    ['another version', { Version: '2010-05-08' }, ['AssumeRole: Version is 2010-05-08']],
  ])(`%s${models.why}`, (_what, change, found) => {
    expect(requestProblems(serviceModel('sts'), 'AssumeRole', form({ ...right, ...change }))).toEqual(found);
  });

  test.skipIf(models.skip).each<[string, string, string, number, object | string, string[]]>([
    [
      'an answer without its token',
      'sso-oidc',
      'CreateToken',
      200,
      { expiresIn: 'soon' },
      ['CreateToken.expiresIn: not a number'],
    ],
    [
      'an answer with more than there is',
      'sso',
      'GetRoleCredentials',
      200,
      { roleCredentials: { Expiration: 1 } },
      ['GetRoleCredentials.roleCredentials.Expiration: unknown'],
    ],
    [
      'a wrong wrapper',
      'sts',
      'AssumeRole',
      200,
      '<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Result/></AssumeRoleResponse>',
      ['AssumeRole: no AssumeRoleResult'],
    ],
    [
      'a wrong status',
      'sts',
      'AssumeRoleWithWebIdentity',
      400,
      '<ErrorResponse><Error><Code>IDPRejectedClaim</Code></Error></ErrorResponse>',
      ['AssumeRoleWithWebIdentity: IDPRejectedClaim with status 400, not 403'],
    ],
    [
      'an error that is none',
      'sts',
      'AssumeRole',
      400,
      '<ErrorResponse><Error><Code>Nope</Code></Error></ErrorResponse>',
      ['AssumeRole: an error called Nope'],
    ],
  ])(`%s${models.why}`, (_what, service, operation, status, body, found) => {
    const answer = { status, headers: {}, body: typeof body === 'string' ? body : JSON.stringify(body) };
    expect(answerProblems(serviceModel(service), operation, answer, {})).toEqual(found);
  });
});
