import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { exitStatus } from '../../src/errors';
import { deploy, dev, openStage, type Stage } from '../contract/stage';
import { fuzz } from '../support/fuzz';

/** Whatever stands on the command line, the shipped zsp ends with a status it documents, in time, and gives nothing away. */

const verbs = [
  ...['login', 'logout', 'status', 'whoami', 'credential-process', 'assume', 'drop', 'exec', 'console', 'list'],
  ...['doctor', 'history', 'history verify', 'completion', 'keys scan', 'keys migrate', 'configure', 'configure sso'],
  ...['configure profiles', 'configure role', 'configure set', 'complete', 'nonsense', ''],
];
/** What they print on purpose; the others print no secret at all. */
const printing = ['assume', 'console', 'credential-process'];

const odd = [
  ...['', ' ', '-', '-x', '--help', '--json=', '--no-color', '0', '-1', '1e9', '15m', '13h', '{}', '{"Version":', '*'],
  ...['dev', 'deploy', 'corp', 'role:admin', 'dev=x', 'zsp_duration=5s', '=', 'team=a', '111122223333', 'eu-west-1'],
  ...['arn:aws:iam::444455556666:role/deploy', 'https://corp.awsapps.com/start', 'file', 'env', 'process', 'required'],
  ...['__proto__', 'constructor', '../../etc/passwd', '/nonexistent', '$(touch x)', '\u001b[2J\u0007', '\u202egnp.exe'],
  ...['zoë 密鑰', 'two\nlines', '\ud800', 'x'.repeat(10_000)],
];

let stage: Stage;
const flags = new Map<string, readonly string[]>();
beforeAll(async () => {
  stage = await openStage();
  await stage.login();
  await stage.credentials('deploy');
  for (const verb of verbs) {
    const { stdout } = await stage.zsp([...verb.split(' ').filter(Boolean), '--help']);
    flags.set(verb, [...new Set(stdout.match(/(?<= )--?[a-z][a-z-]*/g))]);
  }
}, 60_000);
afterAll(() => stage.close());

/** Flags of the verb, each with a value or without, values alone, and now and then a command. */
const commandLine = fc.constantFrom(...verbs).chain((verb) => {
  const word = fc.constantFrom(...odd);
  const flag = fc.nat(30).map((index) => {
    const known = flags.get(verb) ?? [];
    return known[index % Math.max(known.length, 1)] ?? '--profile';
  });
  const part = fc.oneof(
    flag,
    fc.tuple(flag, word),
    word,
    fc.string({ maxLength: 8 }).filter((text) => !text.includes('\0')),
  );
  const command = fc.constantFrom([], [], ['--'], ['--', 'true']);
  return fc.tuple(fc.constant(verb), fc.array(part, { maxLength: 4 }), command);
});

/** To start a process takes as long as fifty other cases. */
function few<T>(): fc.Parameters<T> {
  const cases = fuzz<T>();
  return { ...cases, numRuns: Math.ceil((cases.numRuns ?? 0) / 50) };
}

test('fuzz: any arguments end in a documented status and in clean text, and give nothing away', async () => {
  const documented: readonly (number | null)[] = [0, ...Object.values(exitStatus)];
  await fc.assert(
    fc.asyncProperty(commandLine, async ([verb, parts, command]) => {
      stage.configure({ dev, deploy });
      const run = await stage.zsp([...verb.split(' ').filter(Boolean), ...parts.flat(), ...command], {}, 20_000);
      expect(documented).toContain(run.status);
      expect(run.status).not.toBe(exitStatus.internal);
      const shown = `${run.stdout}${run.stderr}`;
      expect(shown).not.toMatch(/^ +at .+:\d+|node:internal/m);
      expect(shown).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f\u202e]/);
      const secrets = [...stage.sandbox.secrets(), stage.env.ZSP_PASSPHRASE ?? ''];
      const spoken = printing.includes(verb) ? run.stderr : shown;
      expect(secrets.filter((secret) => spoken.includes(secret))).toEqual([]);
    }),
    few(),
  );
}, 1_800_000);
