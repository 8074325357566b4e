import type { PolicyDocument } from './document';

/** The role a profile assumes, as somebody has to make it: who may assume it, and how. */
export interface TargetRole {
  /** `arn:aws:iam::444455556666:role/path/deploy` */
  readonly roleArn: string;
  readonly caller: Caller;
  readonly externalId?: string | undefined;
  readonly sourceIdentity: boolean;
  readonly tags: boolean;
}

/** Whose credentials assume it: a permission set's, or another role's. */
export type Caller =
  | { readonly kind: 'permission-set'; readonly accountId: string; readonly roleName: string; readonly region: string }
  | { readonly kind: 'role'; readonly roleArn: string };

export const templates = ['cloudformation', 'terraform'] as const;
export type Template = (typeof templates)[number];

/** What role chaining allows at most, in seconds: more would never be used. */
const maxSessionSeconds = 3600;

/**
 * A permission set's role is made anew with another name when it is assigned again, so its account is trusted and the role
 * told by its name: with and without Identity Center's region in the path, and 16 characters at the end.
 * Source: https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html
 */
export function trustPolicy(target: TargetRole): PolicyDocument {
  const { caller, externalId, sourceIdentity, tags } = target;
  const [, partition = 'aws'] = target.roleArn.split(':');
  const trusted =
    caller.kind === 'role'
      ? { principal: caller.roleArn, condition: {} }
      : {
          principal: `arn:${partition}:iam::${caller.accountId}:root`,
          condition: { ArnLike: { 'aws:PrincipalArn': permissionSetArns(partition, caller) } },
        };
  const condition = {
    ...trusted.condition,
    ...(externalId !== undefined && { StringEquals: { 'sts:ExternalId': externalId } }),
  };
  const actions = [
    'sts:AssumeRole',
    ...(sourceIdentity ? ['sts:SetSourceIdentity'] : []),
    ...(tags ? ['sts:TagSession'] : []),
  ];
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { AWS: trusted.principal },
        Action: actions,
        ...(Object.keys(condition).length > 0 && { Condition: condition }),
      },
    ],
  };
}

function permissionSetArns(
  partition: string,
  { accountId, roleName, region }: { readonly accountId: string; readonly roleName: string; readonly region: string },
): readonly string[] {
  const role = `AWSReservedSSO_${roleName}_${'?'.repeat(16)}`;
  return ['', `${region}/`].map(
    (path) => `arn:${partition}:iam::${accountId}:role/aws-reserved/sso.amazonaws.com/${path}${role}`,
  );
}

/** Needs no permission, and so gives none: a place for the role's own. */
const placeholder: PolicyDocument = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'sts:GetCallerIdentity', Resource: '*' }],
};

/** The role as a template to apply in its account, with a place for its policy. */
export function targetRoleTemplate(target: TargetRole, template: Template): string {
  const [accountId = '', resource = ''] = target.roleArn.split(':').slice(4);
  const path = resource.slice('role'.length, resource.lastIndexOf('/') + 1);
  const name = resource.slice(resource.lastIndexOf('/') + 1);
  const role = { name, path, trust: trustPolicy(target) };
  const head = [
    `# ${target.roleArn}: apply this in account ${accountId}.`,
    `# ${callerWords(target.caller)} must also be allowed sts:AssumeRole on it.`,
  ].join('\n');
  return `${head}\n${template === 'terraform' ? terraform(role) : cloudFormation(role)}`;
}

function callerWords(caller: Caller): string {
  if (caller.kind === 'role') return caller.roleArn;
  return `The permission set ${caller.roleName} of account ${caller.accountId}`;
}

interface Role {
  readonly name: string;
  readonly path: string;
  readonly trust: PolicyDocument;
}

function terraform({ name, path, trust }: Role): string {
  const label = name.replace(/[^A-Za-z0-9_-]/g, '_').replace(/^(?=[^A-Za-z_])/, '_');
  // JSON is HCL too; terraform fmt wants a blank before a key's colon.
  const json = (value: unknown) =>
    JSON.stringify(value, undefined, 2)
      .replace(/^( *"[^"]*"):/gm, '$1 :')
      .replaceAll('\n', '\n  ');
  return `resource "aws_iam_role" "${label}" {
  name                 = ${JSON.stringify(name)}
  path                 = ${JSON.stringify(path)}
  max_session_duration = ${maxSessionSeconds}
  assume_role_policy = jsonencode(${json(trust)})
}

# What the role may do: put its own statements here.
resource "aws_iam_role_policy" "${label}" {
  name = ${JSON.stringify(name)}
  role = aws_iam_role.${label}.id
  policy = jsonencode(${json(placeholder)})
}
`;
}

function cloudFormation({ name, path, trust }: Role): string {
  return `AWSTemplateFormatVersion: "2010-09-09"
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: ${JSON.stringify(name)}
      Path: ${JSON.stringify(path)}
      MaxSessionDuration: ${maxSessionSeconds}
      AssumeRolePolicyDocument:
${yaml(trust, 8)}
      Policies:
        # What the role may do: put its own statements here.
        - PolicyName: ${JSON.stringify(name)}
          PolicyDocument:
${yaml(placeholder, 12)}
`;
}

/** Of objects, lists and texts, which is what policies are made of. Every text is quoted. */
function yaml(value: object, indent: number): string {
  const space = ' '.repeat(indent);
  const lines = Array.isArray(value)
    ? value.map((item) => {
        if (typeof item !== 'object') return `${space}- ${JSON.stringify(item)}`;
        return `${space}- ${yaml(item, indent + 2).trimStart()}`;
      })
    : Object.entries(value).map(([key, item]) => {
        const name = /^\w+$/.test(key) ? key : JSON.stringify(key);
        return typeof item === 'object'
          ? `${space}${name}:\n${yaml(item, indent + 2)}`
          : `${space}${name}: ${JSON.stringify(item)}`;
      });
  return lines.join('\n');
}
