import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { corp } from '../../src/sandbox/corp';
import { dev, openStage, type Stage } from '../contract/stage';
import { longLived } from '../sandbox/clients';
import { needs } from '../support/needs';
import { openTerminal, type Terminal } from '../support/terminal';
import { launcher } from '../support/zsp';

const { skip, why } = needs('tmux');
const { accessKeyId, secretAccessKey } = longLived;
const credentials = `[legacy]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`;

let stage: Stage;
let terminal: Terminal | undefined;

beforeEach(async () => {
  const keyAdmin = {
    accountId: '111122223333',
    roleName: 'KeyAdmin',
    sessionSeconds: 3600,
    policies: [
      { Version: '2012-10-17' as const, Statement: [{ Effect: 'Allow' as const, Action: 'iam:*', Resource: '*' }] },
    ],
  };
  stage = await openStage({ directory: { ...corp, permissionSets: [...corp.permissionSets, keyAdmin] } });
  stage.configure({ dev, admin: { ...dev, zsp_sso_role_name: 'KeyAdmin' } });
  stage.home.write('.aws/credentials', credentials);
  await stage.login();
});
afterEach(async () => {
  terminal?.close();
  await stage.close();
});

const migrate = (columns: number, ...args: readonly string[]) => {
  terminal?.close();
  terminal = openTerminal([process.execPath, launcher, 'keys', 'migrate', ...args], { env: stage.env, columns });
  return terminal;
};
const file = () => readFileSync(join(stage.home.path, '.aws/credentials'), 'utf8');
const calls = () => stage.sandbox.requests.map(({ operation }) => operation).filter((name) => /AccessKey$/.test(name));

describe.skipIf(skip)(`zsp keys migrate in a real terminal${why}`, { timeout: 60_000 }, () => {
  test.each([80, 40])('asks before each step, and can be gone on with, %i columns wide', async (columns) => {
    const first = migrate(columns);
    const asked = await first.shows(/^Profile:/m);
    const unbroken = asked.replace(/\s+/g, ' ');
    expect(unbroken).toContain('Which profile shall replace the key of legacy? There are: dev, admin');
    first.keys('admin', 'Enter');
    await first.shows(/Serve legacy with zsp\? \[y\/N\]/);
    expect(file()).toBe(credentials);
    first.keys('y', 'Enter');
    await first.shows(/Deactivate \S+ in IAM\? \[y\/N\]/);
    expect(file()).not.toContain(accessKeyId);
    first.keys('n', 'Enter');
    await first.shows(/status:0/);
    expect(calls()).toEqual([]);

    const second = migrate(columns);
    await second.shows(/Deactivate \S+ in IAM\? \[y\/N\]/);
    second.keys('y', 'Enter');
    await second.shows(/status:0/);
    expect(calls()).toEqual(['UpdateAccessKey']);

    const back = migrate(columns, '--rollback');
    await back.shows(/Activate \S+ of legacy again.*\? \[y\/N\]/s);
    back.keys('y', 'Enter');
    await back.shows(/status:0/);
    expect(calls()).toEqual(['UpdateAccessKey', 'UpdateAccessKey']);
    expect(file()).toBe(credentials);
  });

  test.each([
    ['who shall replace it', [], /^Profile:/m],
    ['the first step', ['--to', 'admin'], /Serve legacy with zsp\?/],
  ])('does nothing at Ctrl-C when asked about %s', async (_, args, question) => {
    const { keys, shows } = migrate(80, ...args);
    await shows(question);
    keys('C-c');
    const screen = await shows(/status:130/);
    expect(screen).not.toContain(secretAccessKey);
    expect([file(), calls()]).toEqual([credentials, []]);
  });
});
