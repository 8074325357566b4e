import { spawnSync } from 'node:child_process';
import { hasKernelKeyring, kernelKeyring } from '../support/kernel-keyring';
import { needs } from '../support/needs';
import { crashTests } from './crash';

const user = 54_322;
const possible = needs('linux', 'root', 'keyctl');
const here =
  possible.skip || hasKernelKeyring(user) ? possible : { skip: true, why: ' (skipped: needs a kernel keyring)' };

crashTests('kernel', here, async ({ home }) => {
  spawnSync('chown', ['-R', String(user), home.path]);
  return { ...(await kernelKeyring(user)), env: {} };
});
