// 2,000 accounts with 5 roles each, 40 ms away, 200 requests a second let through: from none of them to 10,000 profiles.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './programs.mjs';
import { bigDirectory, startThrottle } from './throttle.mjs';

const require = createRequire(import.meta.url);
const launcher = fileURLToPath(new URL('../../bin/zsp.js', import.meta.url));
const { startSandbox } = require('../../dist/sandbox/server.js');
const { corp } = require('../../dist/sandbox/corp.js');

const [accounts, roles] = [2_000, 5];
const limit = { perSecond: 200, burst: 50, latencyMs: 40 };

/** How long it takes beyond the least that the limit permits, how long the writing, and that the AWS CLI reads the file. */
export async function measureDiscovery(add) {
  const sandbox = await startSandbox({ directory: bigDirectory(corp, accounts, roles), autoApproveMs: 0 });
  const throttle = await startThrottle(sandbox.url, limit);
  const home = mkdtempSync(join(tmpdir(), 'zsp-bench-'));
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    XDG_RUNTIME_DIR: home,
    AWS_ENDPOINT_URL: throttle.url,
    ZSP_PASSPHRASE: 'of the bench',
    SSH_CONNECTION: 'bench',
  };
  const zsp = (...args) => run([process.execPath, launcher, ...args], env);
  try {
    await zsp(
      'configure',
      'sso',
      '--start-url',
      'https://corp.awsapps.com/start',
      '--sso-region',
      'eu-west-1',
      '--yes',
    );
    await zsp('login', '--no-browser');
    await zsp('configure', 'profiles', '--yes');
    const written = (performance.now() - throttle.seen.lastAt) / 1000;
    const { allowed, firstAt, lastAt } = throttle.seen;
    const least = (allowed - limit.burst) / limit.perSecond;
    const made = accounts * roles;
    const count = made.toLocaleString('en');
    add(`discovery of ${count} roles`, 's', (lastAt - firstAt) / 1000, least, 'the least the limit permits', 1.15);
    add(`${count} profiles written`, 's', written, 2, 'two seconds', 1);
    await measureAwsCli(add, env, count);
  } finally {
    await throttle.close();
    await sandbox.close();
    rmSync(home, { recursive: true, force: true });
  }
}

async function measureAwsCli(add, env, count) {
  if (spawnSync('aws', ['--version'], { env }).error) return;
  const read = ['aws', 'configure', 'get', 'zsp_sso_role_name', '--profile', `team-${accounts - 1}-role${roles - 1}`];
  const bare = ['aws', 'configure', 'get', 'region', '--profile', 'only'];
  const config = join(env.HOME, 'one-profile');
  writeFileSync(config, '[profile only]\nregion = eu-west-1\n');
  const [{ milliseconds, stdout }, one] = [await run(read, env), await run(bare, { ...env, AWS_CONFIG_FILE: config })];
  if (stdout.trim() !== `Role${roles - 1}`) throw new Error('the AWS CLI does not read the last profile');
  add(`the AWS CLI reads the last of ${count} profiles`, 's', milliseconds / 1000, one.milliseconds / 1000, 'of one');
}
