import { afterAll, beforeAll, expect, test } from 'vitest';
import { answerOf, dev, openStage, readArtifacts, role, roleArn, type Stage } from './stage';

/** What reaches STS is what the profile says, to the letter, and not one parameter more. */

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
  await stage.login();
});
afterAll(() => stage.close());

/** Asks for a profile's credentials: what was answered, and the AssumeRole calls that were made for it. */
async function mint(profile: string) {
  const before = stage.sandbox.requests.length;
  const run = await stage.credentials(profile);
  const assumed = stage.sandbox.requests.slice(before).filter(({ operation }) => operation === 'AssumeRole');
  return { run, assumed, parameters: assumed[0]?.parameters ?? {} };
}

test('a profile that says nothing but its role sends nothing but its role, an hour, and who is asking', async () => {
  stage.configure({ dev, plain: role('deploy') });
  const { assumed } = await mint('plain');
  expect(assumed.map(({ parameters }) => parameters)).toEqual([
    {
      RoleArn: roleArn('deploy'),
      RoleSessionName: 'alice@corp.example',
      DurationSeconds: '3600',
    },
  ]);
});

test('a profile that says everything sends all of it', async () => {
  stage.home.write('.config/zsp/policies/read-artifacts.json', `${readArtifacts}\n`);
  const everything = role('audited', {
    zsp_session_policy: 'read-artifacts',
    zsp_policy_arns: 'arn:aws:iam::aws:policy/ReadOnlyAccess, arn:aws:iam::444455556666:policy/artifacts-read',
    zsp_duration: '20m',
    zsp_role_session_name: 'release@corp.example',
    zsp_external_id: 'corp:vendor/42',
    zsp_source_identity: 'alice',
    zsp_session_tags: 'team=payments,ticket=AB-1',
    zsp_transitive_tags: 'ticket',
  });
  stage.configure({ dev, everything });
  const { Policy = '', ...parameters } = (await mint('everything')).parameters;
  expect(JSON.parse(Policy)).toEqual(JSON.parse(readArtifacts));
  expect(parameters).toEqual({
    RoleArn: roleArn('audited'),
    RoleSessionName: 'release@corp.example',
    DurationSeconds: '1200',
    ExternalId: 'corp:vendor/42',
    SourceIdentity: 'alice',
    'PolicyArns.member.1.arn': 'arn:aws:iam::aws:policy/ReadOnlyAccess',
    'PolicyArns.member.2.arn': 'arn:aws:iam::444455556666:policy/artifacts-read',
    'Tags.member.1.Key': 'team',
    'Tags.member.1.Value': 'payments',
    'Tags.member.2.Key': 'ticket',
    'Tags.member.2.Value': 'AB-1',
    'TransitiveTagKeys.member.1': 'ticket',
  });
});

test.each([
  ['12h, which role chaining does not give', '12h', '3600'],
  ['15m', '15m', '900'],
])('a duration of %s asks for seconds that STS gives', async (_what, zsp_duration, seconds) => {
  stage.configure({ dev, timed: role('deploy', { zsp_duration }) });
  const { parameters } = await mint('timed');
  expect(parameters).toMatchObject({ DurationSeconds: seconds });
  expect(parameters).not.toHaveProperty('Policy');
});

test("five minutes are under STS's floor: the session is fenced, and its Expiration is the fence's", async () => {
  stage.configure({ dev, short: role('deploy', { zsp_duration: '5m' }) });
  const { run, parameters } = await mint('short');
  const { Expiration } = answerOf(run);
  const { DurationSeconds, Policy = '' } = parameters;
  expect(DurationSeconds).toBe('900');
  expect(JSON.parse(Policy).Statement).toEqual([
    { Effect: 'Allow', Action: '*', Resource: '*' },
    {
      Effect: 'Deny',
      Action: '*',
      Resource: '*',
      Condition: { DateGreaterThan: { 'aws:CurrentTime': Expiration } },
    },
  ]);
});

test('a role of a role is assumed with the session of the first, each with its own scope', async () => {
  stage.configure({
    dev,
    audited: role('audited', { zsp_session_tags: 'team=payments', zsp_transitive_tags: 'team' }),
    second: role('audited', { zsp_source_profile: 'audited', zsp_role_session_name: 'second' }),
  });
  const { assumed } = await mint('second');
  expect(assumed.map(({ parameters }) => [parameters.RoleArn, parameters['Tags.member.1.Key']])).toEqual([
    [roleArn('audited'), 'team'],
    [roleArn('audited'), undefined],
  ]);
  expect(assumed[1]?.accessKeyId).not.toBe(assumed[0]?.accessKeyId);
});

test.each([
  ['zsp_source_identity', { zsp_source_identity: 'alice' }, 'sts:SetSourceIdentity'],
  ['zsp_session_tags', { zsp_session_tags: 'team=payments' }, 'sts:TagSession'],
])('%s is never dropped in silence where a trust policy refuses it', async (_key, keys, permission) => {
  stage.configure({ dev, refused: role('deploy', keys) });
  const { run, assumed } = await mint('refused');
  const { status, stdout, stderr } = run;
  expect({ status, stdout }).toEqual({ status: 5, stdout: '' });
  expect(stderr).toContain(` may not ${permission} on ${roleArn('deploy')}\n`);
  expect(assumed).toHaveLength(1);
});
