import { existsSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openStage, type Stage } from '../contract/stage';
import { needs } from '../support/needs';
import { openTerminal, type Terminal } from '../support/terminal';
import { launcher } from '../support/zsp';

const { skip, why } = needs('tmux');

let stage: Stage;
let terminal: Terminal | undefined;

beforeEach(async () => {
  stage = await openStage();
});
afterEach(async () => {
  terminal?.close();
  await stage.close();
});

const doctor = (columns: number) => {
  terminal = openTerminal([process.execPath, launcher, 'doctor', '--fix'], { env: stage.env, columns });
  return terminal;
};

describe.skipIf(skip)(`zsp doctor --fix in a real terminal${why}`, { timeout: 60_000 }, () => {
  test.each([80, 40])('mends what is agreed to, and leaves what is not, %i columns wide', async (columns) => {
    const token = stage.home.write('.aws/sso/cache/token.json', '{}');
    const credentials = stage.home.write('.aws/cli/cache/role.json', '{}');
    const { keys, shows } = doctor(columns);
    await shows(/Remove one file from \S+cli\S+cache\? \[y\/N\]/);
    keys('Enter');
    await shows(/Remove one file from \S+sso\S+cache\? \[y\/N\]/);
    keys('yes', 'Enter');
    const screen = await shows(/status:10/);
    expect([existsSync(credentials), existsSync(token)]).toEqual([true, false]);
    // The check was asked again: it tells of the one that is left.
    expect(screen).toMatch(/✗ \S+cli\S+cache holds temporary credentials/);
    expect(screen).not.toMatch(/✗ \S+sso\S+cache holds/);
    expect(screen).toContain('one thing will bite');
  });

  test('mends nothing at Ctrl-C', async () => {
    const token = stage.home.write('.aws/sso/cache/token.json', '{}');
    const { keys, shows } = doctor(80);
    await shows(/Remove one file/);
    keys('C-c');
    await shows(/status:130/);
    expect(existsSync(token)).toBe(true);
  });
});
