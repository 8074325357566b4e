import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openScene, type Scene } from '../elevation/scene';
import { needs } from '../support/needs';
import { openTerminal, type Terminal } from '../support/terminal';
import { launcher } from '../support/zsp';

const tmux = needs('tmux');

/** Its profiles are dev, deploy and admin; its user may be Admin and ReadOnly in Production too. */
let scene: Scene;
let terminal: Terminal | undefined;

beforeAll(async () => {
  scene = await openScene();
  return () => scene.close();
});
afterEach(() => {
  terminal?.close();
  terminal = undefined;
  scene.sandbox.faults.length = 0;
  scene.home.remove('run/zsp/discoveries');
});

const start = (args: readonly string[], columns?: number): Terminal => {
  terminal = openTerminal([process.execPath, launcher, ...args], { env: scene.home.env, ...(columns && { columns }) });
  return terminal;
};
const ended = ['--', 'sh', '-c', 'echo ends:$AWS_CREDENTIAL_EXPIRATION'];

describe.skipIf(tmux.skip)(`without a name, on a terminal${tmux.why}`, { timeout: 30_000 }, () => {
  test('one picks among the profiles and the roles that have none', async () => {
    const { keys, shows } = start(['exec', ...ended]);
    const screen = await shows(/7 of 7;/);
    expect(screen).toMatch(/ deploy +deploy in (Production|444455556666)\n/);
    expect(screen).toMatch(/ Production\/Admin +444455556666, without a profile\n/);
    expect(screen).not.toContain('Development/Developer');
    keys('prod', 'Space', 'adm');
    await shows(/1 of 7;/);
    keys('Enter');
    await shows(/ends:2\d{3}-[\s\S]*status:0/);
    const last = (await scene.ledger()).findLast(({ event }) => event === 'issue');
    expect(last).toMatchObject({ profile: '444455556666/Admin', user: 'alice@corp.example' });
    expect((await scene.zsp('status')).stdout).toContain('444455556666/Admin  Admin in Production');
  });

  test('the profiles are there at once, and the roles when AWS has told them', async () => {
    scene.sandbox.faults.push({ match: { operation: 'ListAccounts', times: 1 }, action: 'throttle', retryAfter: 2 });
    const { keys, shows } = start(['console', '--print'], 40);
    await shows(/3 of 3, looking for more/);
    await shows(/7 of 7; arrows/);
    keys('C-c');
    await shows(/status:130/);
  });

  test('where AWS cannot be asked, the list says why', async () => {
    scene.sandbox.faults.push({ match: { operation: 'ListAccounts' }, action: { status: 403, body: '{}' } });
    const { keys, shows } = start(['exec', ...ended]);
    await shows(/3 of 3, and no more: /);
    keys('dep', 'Enter');
    await shows(/ends:2\d{3}-[\s\S]*status:0/);
  });

  // A request that is not ended takes fifteen seconds to give up.
  test.each([
    ['chosen', 'is silent', ['dep', 'Enter'], /ends:2\d{3}-[\s\S]*status:0/],
    ['chosen', 'wants quiet', ['dep', 'Enter'], /ends:2\d{3}-[\s\S]*status:0/],
    ['left', 'is silent', ['C-c'], /status:130/],
  ])('once one has %s, nothing waits for an AWS that %s', { timeout: 12_000 }, async (_, aws, typed, last) => {
    const quiet = { action: 'throttle', retryAfter: 60 } as const;
    scene.sandbox.faults.push({
      match: { operation: 'ListAccounts' },
      ...(aws === 'is silent' ? { action: 'hang' } : quiet),
    });
    const { keys, shows } = start(['exec', ...ended]);
    await shows(/3 of 3, looking for more/);
    keys(...typed);
    await shows(last);
  });

  test('what is used most comes first', async () => {
    for (let times = 0; times < 3; times += 1) await scene.zsp('assume', 'admin', '--duration', '1m');
    await scene.zsp('drop', 'admin');
    const { shows } = start(['exec', ...ended]);
    expect(await shows(/7 of 7;/)).toMatch(/7 of 7.*\n❯ admin /);
  });
});

describe.skipIf(tmux.skip)(`parts of a name, on a terminal${tmux.why}`, { timeout: 30_000 }, () => {
  test('are enough for one role', async () => {
    const { shows } = start(['console', 'prod', 'adm', '--print']);
    await shows(/Production\/Admin it is: the only role with "prod adm" in its name[\s\S]*SigninToken=[\s\S]*status:0/);
  });

  test('are waited for no longer than a few seconds', { timeout: 15_000 }, async () => {
    scene.sandbox.faults.push({ match: { operation: 'ListAccounts' }, action: 'throttle', retryAfter: 60 });
    const { shows } = start(['exec', 'prod', 'adm', ...ended]);
    await shows(/no profile has "prod adm" in its name[\s\S]*status:2/);
  });

  test('with a service after them', async () => {
    const { shows } = start(['console', 'prod', 'adm', 's3', '--print']);
    await shows(/Production\/Admin it is[\s\S]*%2Fs3%2Fhome[\s\S]*status:0/);
  });

  test('find a profile by its account and role', async () => {
    const { shows } = start(['exec', 'development/dev', ...ended]);
    await shows(/dev it is: the profile of the only role with "development\/dev" in its name[\s\S]*status:0/);
  });

  test('list the candidates where they fit several', async () => {
    const { keys, shows } = start(['exec', 'prod', ...ended]);
    expect(await shows(/2 of 2;/)).toMatch(/Production\/Admin .*\n +Production\/ReadOnly /);
    keys('Escape');
    await shows(/status:130/);
  });

  test('of a role are not elevated; what makes a profile of it is said, and does', async () => {
    const { shows } = start(['assume', 'prod', 'read']);
    const screen = await shows(/status:2/);
    expect(screen).toContain('Production/ReadOnly has no profile, and only a profile can be elevated');
    const [, flags = ''] = /zsp (configure profiles .*?);/.exec(screen.replaceAll('\n', ' ')) ?? [];
    const made = await scene.zsp(...flags.split(' '), '--dry-run');
    expect(`${made.stdout}${made.stderr}`).toContain('[profile production-readonly]');
  });
});

test('what a script gets never depends on what is reachable', async () => {
  await scene.zsp('list');
  const { status, stderr } = await scene.zsp('exec', 'prod', 'adm', '--', 'true');
  expect(status).toBe(2);
  expect(stderr).toContain('no profile has "prod adm" in its name');
});

test.skipIf(tmux.skip)(`who is not signed in is shown profiles alone${tmux.why}`, { timeout: 30_000 }, async () => {
  await scene.zsp('logout', '--all');
  const { keys, shows } = start(['exec', ...ended]);
  await shows(/3 of 3; arrows/);
  keys('C-c');
  await shows(/status:130/);
});
