import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/server';
import { needs } from '../support/needs';
import { openTerminal, type Terminal } from '../support/terminal';
import { type Home, launcher, newHome, runZsp } from '../support/zsp';

const tmux = needs('tmux');

let sandbox: Sandbox;
let home: Home;
let terminal: Terminal | undefined;

beforeEach(async () => {
  sandbox = await startSandbox({ autoApproveMs: 0 });
  home = newHome({ AWS_ENDPOINT_URL: sandbox.url, SSH_CONNECTION: 'no browser here' });
});
afterEach(async () => {
  terminal?.close();
  home.cleanup();
  await sandbox.close();
});

const start = (columns: number, ...flags: string[]) => {
  terminal = openTerminal([process.execPath, launcher, 'configure', ...flags], { env: home.env, columns });
  return terminal;
};
const file = () => join(home.path, '.aws/config');

describe.skipIf(tmux.skip)(`the wizard, in a real terminal${tmux.why}`, () => {
  test.each([
    [100, []],
    [40, ['--keychain', 'file']],
  ])(
    'leads from a start URL to profiles, %i columns wide, with the flags %j',
    async (columns, flags) => {
      const { keys, shows } = start(columns, ...flags);
      await shows(/access portal/);
      keys('https://corp.awsapps.com/start', 'Enter');
      await shows(/--sso-region/);
      keys('nowhere', 'Enter');
      await shows(/expected a region/);
      keys('C-u', 'eu-west-1', 'Enter');
      await shows(/A name for it/);
      keys('Enter');
      await shows(/Which accounts/);
      keys('Down', 'Enter');
      await shows(/Type to narrow/);
      keys('Prod');
      await shows(/Search:.*Prod/);
      keys('Tab', 'Enter');
      await shows(/Which roles/);
      keys('Enter');
      await shows(/--name-template/);
      keys('Enter');
      await shows(/Region of their calls/);
      keys('Enter');
      await shows(/Write this to/);
      keys('y', 'Enter');
      const screen = await shows(/status:0/);
      const config = readFileSync(file(), 'utf8');
      expect(config.match(/^\[.*\]$/gm)).toEqual([
        '[sso-session corp]',
        '[profile production-admin]',
        '[profile production-readonly]',
      ]);
      expect(config.includes('zsp_keychain = file')).toBe(flags.includes('file'));

      // What it says does the same without questions.
      const said = screen.match(/^ {2}zsp configure .*$/gm)?.map((line) => line.trim().split(' ').slice(1)) ?? [];
      expect(said.map(([, step]) => step)).toEqual(['sso', 'profiles']);
      const other = newHome({ AWS_ENDPOINT_URL: sandbox.url });
      try {
        for (const args of [said[0] ?? [], ['login'], said[1] ?? []]) {
          const yes = args[0] === 'configure' ? ['--yes'] : [];
          expect(await runZsp([...args, ...yes], { env: other.env })).toMatchObject({ status: 0 });
        }
        expect(readFileSync(join(other.path, '.aws/config'), 'utf8')).toBe(config);
      } finally {
        other.cleanup();
      }
    },
    60_000,
  );

  test.each([
    ['the first question', [], /access portal/],
    ['a later question', ['https://corp.awsapps.com/start', 'Enter'], /--sso-region/],
  ])('ends at Ctrl-C in %s, and nothing is written', async (_, typed, at) => {
    const { keys, shows } = start(80);
    await shows(/access portal/);
    if (typed.length > 0) keys(...typed);
    await shows(at);
    keys('C-c');
    await shows(/status:130/);
    expect(existsSync(file())).toBe(false);
  });
});

test('without a terminal the wizard says which commands to use', async () => {
  const { status, stderr } = await runZsp(['configure'], { env: home.env });
  expect([status, stderr]).toEqual([2, expect.stringContaining('zsp configure sso and zsp configure profiles')]);
});
