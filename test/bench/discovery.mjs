import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bigDirectory, startThrottle } from './throttle.mjs';

/**
 * 2,000 accounts with 5 roles each, 40 ms away, 200 requests a second let through: how long `zsp configure profiles` takes
 * beyond the least that this permits, and how long the writing. Arguments: accounts, requests a second.
 */
const [accounts = 2_000, perSecond = 200] = process.argv.slice(2).map(Number);
const root = fileURLToPath(new URL('../..', import.meta.url));
const require = createRequire(join(root, 'dist', 'entry.js'));
const { startSandbox } = require('./sandbox/server.js');
const { corp } = require('./sandbox/corp.js');

const burst = perSecond / 4;
const sandbox = await startSandbox({ directory: bigDirectory(corp, accounts, 5), autoApproveMs: 0 });
const throttle = await startThrottle(sandbox.url, { perSecond, burst, latencyMs: 40 });
const home = mkdtempSync(join(tmpdir(), 'zsp-bench-'));
const env = {
  PATH: process.env.PATH,
  HOME: home,
  XDG_RUNTIME_DIR: home,
  AWS_ENDPOINT_URL: throttle.url,
  ZSP_PASSPHRASE: 'only for a bench',
  SSH_CONNECTION: 'bench',
};

function zsp(...args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, 'bin', 'zsp.js'), ...args], {
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (text) => {
      said += text;
    });
    child.on('close', (status) => (status === 0 ? resolve() : reject(new Error(said.slice(-500)))));
  });
}

try {
  await zsp('configure', 'sso', '--start-url', 'https://corp.awsapps.com/start', '--sso-region', 'eu-west-1', '--yes');
  await zsp('login');
  await zsp('configure', 'profiles', '--yes');
  const ended = performance.now();
  const { allowed, refused, firstAt, lastAt } = throttle.seen;
  const took = (lastAt - firstAt) / 1000;
  const least = (allowed - burst) / perSecond;
  const profiles = readFileSync(join(home, '.aws', 'config'), 'utf8').match(/^\[profile /gm)?.length ?? 0;
  console.log(`discovery: ${accounts} accounts, ${profiles} profiles, ${perSecond} requests/s let through`);
  console.log(
    `  asked in ${took.toFixed(2)} s, ${(took / least).toFixed(2)} × the least (${least.toFixed(2)} s); ${refused} refused`,
  );
  console.log(`  profiles written ${((ended - lastAt) / 1000).toFixed(2)} s after the last answer`);
} finally {
  await throttle.close();
  await sandbox.close();
  rmSync(home, { recursive: true, force: true });
}
