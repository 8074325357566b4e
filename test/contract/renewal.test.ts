import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { age, answerOf, deploy, dev, failure, openStage, readArtifacts, role, type Stage, until } from './stage';

/** When a session is renewed, and what is served when it cannot be. */

let stage: Stage;
let before: number;
beforeAll(async () => {
  stage = await openStage();
  await stage.login();
});
afterAll(() => stage.close());
beforeEach(() => {
  before = stage.sandbox.requests.length;
  stage.sandbox.faults.length = 0;
});

/** The requests of this test, by operation. */
const requests = (name: string) => stage.sandbox.requests.slice(before).filter(({ operation }) => operation === name);
const refreshes = () => requests('CreateToken').filter(({ parameters }) => parameters.grantType === 'refresh_token');
const readOnly = { ...dev, zsp_sso_role_name: 'ReadOnly' };

test('a permission set that is not yours is refused at once: no refresh, no second try', async () => {
  stage.configure({ locked: { ...dev, zsp_sso_account_id: '777788889999' } });
  expect((await stage.credentials('locked')).status).toBe(5);
  expect(requests('GetRoleCredentials')).toHaveLength(1);
  expect(refreshes()).toEqual([]);
});

describe('a session of fifteen minutes', () => {
  let first: string;
  let round = 0;
  beforeEach(async () => {
    const another = { zsp_role_session_name: `round-${++round}` };
    stage.configure({ dev, short: role('deploy', { zsp_duration: '15m', ...another }) });
    first = answerOf(await stage.credentials('short')).AccessKeyId;
  });
  const key = async () => answerOf(await stage.credentials('short')).AccessKeyId;

  test('is served for ten of them without asking AWS', async () => {
    await age(stage, 'short', 9);
    const asked = stage.sandbox.requests.length;
    expect(await key()).toBe(first);
    expect(stage.sandbox.requests).toHaveLength(asked);
  });

  test('is then served at once, and renewed behind the caller, whose pipes are not held', async () => {
    await age(stage, 'short', 11);
    expect(await key()).toBe(first);
    expect(requests('AssumeRole')).toHaveLength(1);
    await until(() => requests('AssumeRole').length === 2, 'the renewal');
    let next = first;
    for (let tries = 0; next === first && tries < 50; tries++) next = await key();
    expect(next).not.toBe(first);
    expect(requests('AssumeRole')).toHaveLength(2);
  });

  test('is minted anew in its last minutes', async () => {
    await age(stage, 'short', 13);
    expect(await key()).not.toBe(first);
  });

  test('is served in its last minutes if AWS cannot be reached', async () => {
    await age(stage, 'short', 13);
    stage.sandbox.faults.push({ match: {}, action: 'html' });
    expect(await stage.credentials('short')).toMatchObject({ status: 0, stderr: '' });
    expect(await key()).toBe(first);
  });

  test('is not served in its last minute', async () => {
    await age(stage, 'short', 14.5);
    stage.sandbox.faults.push({ match: {}, action: 'html' });
    expect(await stage.credentials('short')).toMatchObject({ status: 7, stdout: '' });
  });
});

describe('a held session', () => {
  test('is not served for another setting of its profile, and is for other changes of the file', async () => {
    stage.configure({ dev, deploy });
    const first = answerOf(await stage.credentials('deploy')).AccessKeyId;
    stage.configure({ other: dev, dev: { output: 'json', ...dev }, deploy: { ...deploy, cli_pager: '' } });
    expect(answerOf(await stage.credentials('deploy')).AccessKeyId).toBe(first);
    stage.configure({ dev, deploy: { ...deploy, zsp_duration: '30m' } });
    expect(answerOf(await stage.credentials('deploy')).AccessKeyId).not.toBe(first);
  });

  test('is not served for another policy in the same file', async () => {
    stage.home.write('.config/zsp/policies/artifacts.json', readArtifacts);
    stage.configure({ dev, deploy: role('deploy', { zsp_session_policy: 'artifacts' }) });
    const first = answerOf(await stage.credentials('deploy')).AccessKeyId;
    const edited = readArtifacts.replace('s3:ListBucket', 's3:GetObject');
    stage.home.write('.config/zsp/policies/artifacts.json', edited);
    expect(answerOf(await stage.credentials('deploy')).AccessKeyId).not.toBe(first);
    expect(stage.sandbox.requests.at(-1)?.parameters.Policy).toBe(edited);
  });
});

describe('a token that AWS no longer takes', () => {
  test('is refreshed once, and the call made again; the refresh token that came with it works the next time', async () => {
    const production = { ...readOnly, zsp_sso_account_id: '444455556666' };
    stage.configure({ production, admin: { ...production, zsp_sso_role_name: 'Admin' } });
    for (const [round, profile] of ['production', 'admin'].entries()) {
      stage.sandbox.revokeToken();
      expect(await stage.credentials(profile)).toMatchObject({ status: 0, stderr: '' });
      expect(refreshes().map(({ status }) => status)).toEqual(Array(round + 1).fill(200));
    }
    expect(requests('GetRoleCredentials').map(({ status }) => status)).toEqual([401, 200, 401, 200]);
  });

  test('and cannot be refreshed either means signing in again, while held sessions are still served', async () => {
    stage.configure({ dev, deploy, readOnly });
    const held = await stage.credentials('deploy');
    answerOf(held);
    stage.sandbox.revokeToken();
    stage.sandbox.revokeRefreshTokens();
    const ended = failure(4, 'the sign-in to corp has ended', 'run: zsp login corp');
    expect(await stage.credentials('readOnly')).toEqual(ended);
    const asked = stage.sandbox.requests.length;
    expect((await stage.credentials('readOnly')).status).toBe(4);
    expect(await stage.credentials('deploy')).toEqual(held);
    expect(stage.sandbox.requests).toHaveLength(asked);
  });
});
