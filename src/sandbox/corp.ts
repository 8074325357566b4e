import type { Directory, PolicyDocument, Role } from './directory';

/** The organisation the demo and the tests play in. Its start URL may be on any host. */

const development = '111122223333';
const production = '444455556666';
const locked = '777788889999';

const allow = (actions: string | string[], resources: string | string[]): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: actions, Resource: resources }],
});

const bucket = (...names: string[]) => names.flatMap((name) => [`arn:aws:s3:::${name}`, `arn:aws:s3:::${name}/*`]);
const readS3 = ['s3:GetObject', 's3:ListBucket', 's3:ListAllMyBuckets'];

const developer = `arn:aws:iam::${development}:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Developer_0123456789abcdef`;
const legacyUser = `arn:aws:iam::${development}:user/legacy-ci`;

const pipelineProvider = `arn:aws:iam::${production}:oidc-provider/token.corp.example`;

const trust = (actions: string | string[], principals: string | string[], condition = {}): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { AWS: principals }, Action: actions, ...condition }],
});

const role = (path: string, rest: Omit<Role, 'arn' | 'maxSessionSeconds'> & { maxSessionSeconds?: number }): Role => ({
  maxSessionSeconds: 3600,
  ...rest,
  arn: `arn:aws:iam::${production}:role/${path}`,
});

const useArtifacts = allow('s3:*', bucket('artifacts'));

export const corp: Directory = {
  region: 'eu-west-1',
  users: [{ userName: 'alice@corp.example' }, { userName: 'bob@corp.example' }],
  accounts: [
    { accountId: development, accountName: 'Development', emailAddress: 'aws-dev@corp.example' },
    { accountId: production, accountName: 'Production', emailAddress: 'aws-prod@corp.example' },
    { accountId: locked, accountName: 'Locked', emailAddress: 'aws-locked@corp.example', locked: true },
  ],
  permissionSets: [
    {
      accountId: development,
      roleName: 'Developer',
      sessionSeconds: 3600,
      users: ['alice@corp.example'],
      policies: [
        allow(['s3:*'], bucket('scratch')),
        allow('s3:ListAllMyBuckets', '*'),
        allow(['sts:AssumeRole', 'sts:SetSourceIdentity', 'sts:TagSession'], `arn:aws:iam::${production}:role/*`),
      ],
    },
    { accountId: development, roleName: 'ReadOnly', sessionSeconds: 3600, policies: [allow(readS3, '*')] },
    { accountId: production, roleName: 'ReadOnly', sessionSeconds: 3600, policies: [allow(readS3, '*')] },
    {
      accountId: production,
      roleName: 'Admin',
      sessionSeconds: 12 * 3600,
      users: ['alice@corp.example'],
      policies: [allow('*', '*')],
    },
    { accountId: locked, roleName: 'Developer', sessionSeconds: 3600, policies: [allow('*', '*')] },
  ],
  roles: [
    role('deploy', { trust: trust('sts:AssumeRole', developer), policies: [useArtifacts] }),
    role('admin', {
      trust: trust('sts:AssumeRole', [developer, `arn:aws:iam::${development}:root`]),
      policies: [allow('s3:*', '*')],
      maxSessionSeconds: 12 * 3600,
    }),
    role('audited', {
      trust: trust(['sts:AssumeRole', 'sts:SetSourceIdentity', 'sts:TagSession'], developer),
      policies: [useArtifacts, allow(['sts:AssumeRole', 'sts:SetSourceIdentity', 'sts:TagSession'], '*')],
    }),
    role('vendor', {
      trust: trust('sts:AssumeRole', developer, {
        Condition: { StringEquals: { 'sts:ExternalId': 'corp-vendor-42' } },
      }),
      policies: [allow(readS3, bucket('logs'))],
    }),
    // A build pipeline, which has a token of its provider and no key.
    role('pipeline', {
      trust: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { Federated: pipelineProvider },
            Action: 'sts:AssumeRoleWithWebIdentity',
            Condition: {
              StringEquals: {
                'token.corp.example:aud': 'sts.amazonaws.com',
                'token.corp.example:sub': 'repo:corp/app:ref:refs/heads/main',
              },
            },
          },
        ],
      },
      policies: [useArtifacts],
    }),
    role('denied', { trust: trust('sts:AssumeRole', `arn:aws:iam::${production}:role/admin`), policies: [] }),
    role('path/nested', { trust: trust('sts:AssumeRole', developer), policies: [allow(readS3, bucket('logs'))] }),
  ],
  iamUsers: [
    {
      arn: legacyUser,
      // AWS's own example key, so that no scanner takes it for a leak.
      accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
      secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
      policies: [
        allow('s3:*', bucket('scratch')),
        allow(['sts:AssumeRole', 'sts:TagSession'], `arn:aws:iam::${production}:role/*`),
        allow(['iam:GetUser', 'iam:*AccessKey*'], `arn:aws:iam::${development}:user/\${aws:username}`),
        allow('iam:GetAccessKeyLastUsed', '*'),
      ],
    },
  ],
  oidcProviders: [
    { arn: pipelineProvider, issuer: 'https://token.corp.example', clientIds: ['sts.amazonaws.com', 'corp-internal'] },
  ],
  managedPolicies: {
    'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess': allow(['s3:Get*', 's3:List*', 's3:Describe*'], '*'),
    'arn:aws:iam::aws:policy/ReadOnlyAccess': allow(['s3:Get*', 's3:List*', 'sts:Get*'], '*'),
    'arn:aws:iam::aws:policy/AdministratorAccess': allow('*', '*'),
    [`arn:aws:iam::${production}:policy/artifacts-read`]: allow(readS3, bucket('artifacts')),
  },
  buckets: [
    {
      name: 'artifacts',
      accountId: production,
      objects: {
        'app/1.0.0/app.tar': 'app 1.0.0',
        'app/1.1.0/app.tar': 'app 1.1.0',
        'manifest.json': '{"latest":"1.1.0"}',
      },
    },
    { name: 'secrets', accountId: production, objects: { 'database-password.txt': 'not for deploys' } },
    { name: 'logs', accountId: production, objects: { '2026/01/01.log': 'all quiet', '2026/01/02.log': 'all quiet' } },
    { name: 'scratch', accountId: development, objects: { 'notes.txt': 'try things here' } },
  ],
};
