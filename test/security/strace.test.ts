import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FaultAction } from '../../src/sandbox/faults';
import { deploy, dev, filesUnder, openStage, role, roleArn, type Stage } from '../contract/stage';
import { needs } from '../support/needs';
import { type PrivateKeyring, privateKeyring } from '../support/private-keyring';
import { type Said, traceZsp } from './strace';

/**
 * Every text that leaves zsp through the kernel, verb by verb: a secret goes to the keychain's socket, to AWS, and where it
 * was asked for to stdout or into the command's environment; and nowhere else.
 */

const strace = needs('linux', 'strace');
const keyring = needs('linux', 'strace', 'dbus', 'gnome-keyring');
const passphrase = 'correct horse battery staple';

// Exits by what it was given, and says nothing.
const command = [
  process.execPath,
  '-e',
  'process.exit(process.env.AWS_ACCESS_KEY_ID || process.env.ZSP_WINDOW ? 0 : 1)',
];

interface Verb {
  readonly args: readonly string[];
  readonly status?: number;
  /** The answer is credentials. */
  readonly prints?: boolean;
  /** Credentials are in the command's environment. */
  readonly gives?: boolean;
  /** How AssumeRole goes wrong. */
  readonly fault?: FaultAction;
}

const audited = ['assume', roleArn('audited'), '-p', 'dev'];
const verbs: Readonly<Record<string, Verb>> = {
  login: { args: ['login', 'corp', '--no-browser', '--qr'] },
  'credential-process, a miss': { args: ['credential-process', '--profile', 'deploy'], prints: true },
  'credential-process, a hit': { args: ['credential-process', '--profile', 'deploy'], prints: true },
  'credential-process, refused': { args: ['credential-process', '--profile', 'admin'], status: 8 },
  status: { args: ['status', '--json'] },
  whoami: { args: ['whoami', 'deploy'] },
  'assume PROFILE': { args: ['assume', 'admin', '--duration', '20m', '--reason', 'AB-1'] },
  'assume ARN --format': { args: [...audited, '--format', 'env'], prints: true },
  'assume ARN -- command': { args: [...audited, '--', ...command] },
  'exec -- command': { args: ['exec', 'deploy', '--', ...command], gives: true },
  'exec -- a command that is not there': {
    args: ['exec', 'deploy', '--', '/nowhere/command'],
    status: 127,
    gives: true,
  },
  drop: { args: ['drop', 'admin'] },
  history: { args: ['history', '--json'] },
  'history verify': { args: ['history', 'verify'] },
  'an assumption that AWS breaks off': { args: [...audited, '--format', 'json'], status: 7, fault: 'drop' },
  'an assumption that AWS answers with garbage': {
    args: [...audited, '--format', 'json'],
    status: 7,
    fault: 'garbage',
  },
  'login --force': { args: ['login', 'corp', '--force', '--no-browser'] },
  logout: { args: ['logout', 'corp'] },
};

describe.skipIf(strace.skip)(`on the file keychain${strace.why}`, () => {
  sweep('file', async () => ({}));
});

describe.skipIf(keyring.skip)(`on a gnome-keyring${keyring.why}`, () => {
  let own: PrivateKeyring | undefined;
  sweep('secret-service', async () => {
    own = await privateKeyring();
    return { DBUS_SESSION_BUS_ADDRESS: own.env.DBUS_SESSION_BUS_ADDRESS ?? '' };
  });
  afterAll(() => own?.stop());
});

function sweep(keychain: string, surroundings: () => Promise<Readonly<Record<string, string>>>): void {
  let stage: Stage;
  let more: Readonly<Record<string, string>>;
  /** Where secrets were seen, and whether the keychain was spoken to: a tracer that sees nothing proves nothing. */
  const seen = new Set<string>();

  beforeAll(async () => {
    stage = await openStage();
    more = await surroundings();
    const admin = role('admin', { zsp_elevation: 'required', zsp_reason: 'required' });
    stage.configure({ dev, deploy, admin }, { zsp_keychain: keychain });
  });
  afterAll(() => stage.close());

  test.each(Object.entries(verbs))('%s', async (_, { args, status = 0, prints = false, gives = false, fault }) => {
    if (fault) stage.sandbox.faults.push({ match: { operation: 'AssumeRole' }, action: fault });
    const trace = await traceZsp(args, { ...stage.env, ...more });
    stage.sandbox.faults.length = 0;
    expect({ status: trace.run.status, stderr: trace.run.stderr }).toMatchObject({ status });
    const secrets = spelled(stage.sandbox.secrets());
    const holds = (text: string) => secrets.some((secret) => text.includes(secret));

    const strays = trace.said.filter((one) => isStray(one, holds, prints));
    expect(strays.map(({ call, to }) => `${call} to ${to}`)).toEqual([]);
    expect(trace.started.filter(({ words }) => holds(words.join(' '))).map(({ words }) => words[0])).toEqual([]);
    const given = trace.started.filter(({ environment }) => holds(environment)).map(({ words }) => words);
    expect(given.filter((words) => !gives || words.join(' ') !== args.slice(args.indexOf('--') + 1).join(' '))).toEqual(
      [],
    );
    expect(given.length > 0).toBe(gives);
    expect(holds(trace.run.stderr)).toBe(false);
  });

  function isStray({ to, fd, text }: Said, holds: (text: string) => boolean, prints: boolean): boolean {
    if (text.includes(passphrase)) return true;
    const bus = more.DBUS_SESSION_BUS_ADDRESS?.replace(/^unix:path=|,.*$/g, '');
    if (to === bus) seen.add('keychain');
    if (!holds(text) || to === bus) return false;
    const place = to.endsWith(`->127.0.0.1:${stage.sandbox.port}]`) ? 'AWS' : fd === 1 && prints && 'stdout';
    if (place) seen.add(place);
    return !place;
  }

  test('and it was seen: secrets to AWS and to stdout, and speech with the keychain', () => {
    expect([...seen].sort()).toEqual(['AWS', ...(keychain === 'file' ? [] : ['keychain']), 'stdout']);
  });

  test('and no file under the home holds one', () => {
    const secrets = spelled(stage.sandbox.secrets());
    const files = filesUnder(stage.home.path);
    expect(files.length).toBeGreaterThan(2);
    expect(files.filter(([, text]) => secrets.some((secret) => text.includes(secret))).map(([path]) => path)).toEqual(
      [],
    );
  });
}

/** Each secret as it is, and as URLs, base64 and hexadecimal spell it. */
function spelled(secrets: readonly string[]): readonly string[] {
  const forms = (text: string) => [
    text,
    encodeURIComponent(text),
    Buffer.from(text).toString('base64').replace(/=+$/, ''),
    Buffer.from(text).toString('hex'),
  ];
  return [...new Set(secrets.flatMap(forms))];
}
