import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { exitStatus } from '../src/errors';
import { needs } from './support/needs';
import { newHome, runZsp } from './support/zsp';

const home = newHome();
afterAll(home.cleanup);
const zsp = (...args: string[]) => runZsp(args, { env: home.env });
const page = join(__dirname, '..', 'dist', 'zsp.1');
const mandoc = needs('mandoc');

/** The verbs, as the help itself names them. */
async function verbs(): Promise<readonly string[]> {
  const { stdout } = await zsp('--help');
  return stdout.split('\n').flatMap((line) => /^(?:\w[\w ]{0,6}|) {2,}([a-z-]+) {2,}\S/.exec(line)?.[1] ?? []);
}

describe('help', () => {
  test('of everything fits a screen of 80 × 24, uncut, with every verb under a task', async () => {
    const { stdout, stderr, status } = await zsp('--help');
    const lines = stdout.trimEnd().split('\n');
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    expect(lines.length).toBeLessThan(24);
    expect(lines.filter((line) => line.length > 80 || line.includes('…'))).toEqual([]);
    expect(stdout).not.toContain('\nMore ');
    expect(await verbs()).toEqual(expect.arrayContaining(['login', 'exec', 'assume', 'status', 'configure']));
  });

  test('is what zsp alone prints, as an answer and not as an error', async () => {
    expect(await zsp()).toEqual(await zsp('--help'));
  });

  test('of every verb ends with an example to paste', async () => {
    for (const verb of await verbs()) {
      const { stdout, status } = await zsp(verb, '--help');
      expect({ verb, status, stdout }).toEqual({
        verb,
        status: 0,
        stdout: expect.stringMatching(/Examples?:\n {2}\S/),
      });
    }
  });

  test('is offered to who mistypes a verb, with the nearest one', async () => {
    expect(await zsp('asume', 'dev')).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringMatching(/unknown command 'asume' \(Did you mean assume\?\)\n.*run: zsp --help/),
    });
  });
});

describe('the man page', () => {
  test('tells every verb as its help does, every exit status, the files and the environment', async () => {
    const text = readFileSync(page, 'utf8').replaceAll('\\-', '-');
    for (const verb of await verbs()) expect(text).toContain(`\n.B zsp ${verb}`);
    expect(text).toContain((await zsp('drop', '--help')).stdout.split('\n')[2]);
    for (const [code, status] of Object.entries(exitStatus)) expect(text).toContain(`\n.B ${status}\n${code}: `);
    expect(text).toMatch(/\.SH ENVIRONMENT\n.*ZSP_PASSPHRASE.*\.SH FILES\n.*ledger\.jsonl/s);
  });

  test.skipIf(mandoc.skip)(`has no error in its macros${mandoc.why}`, () => {
    const { stdout, status } = spawnSync('mandoc', ['-Tlint', '-W', 'warning', page], { encoding: 'utf8' });
    expect(stdout.replace(/^.*missing date.*\n/gm, '')).toBe('');
    expect(status).toBeLessThan(3);
  });
});
