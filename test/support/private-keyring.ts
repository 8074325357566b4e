import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { removeDirectory } from './remove-directory';

/** A session bus of its own with an unlocked throw-away gnome-keyring on it. */
export interface PrivateKeyring {
  /** The environment of a program that is to use it: this process's, with its own directories and bus. */
  readonly env: NodeJS.ProcessEnv;
  readonly home: string;
  /** Locks the login keyring. There is no display, so nobody is asked to unlock it. */
  lock(): void;
  /** Starts the daemon anew, with the password. */
  unlock(): void;
  /** Stops the daemon's process without ending it: it is silent until `resume`. */
  silence(): void;
  resume(): void;
  /** The same for the bus, which takes connections and says nothing. */
  silenceBus(): void;
  resumeBus(): void;
  /** Ends the daemon. The bus starts another one, locked, for the next call. */
  kill(): Promise<void>;
  /** Ends the daemon and starts another one, unlocked. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

interface Options {
  /** The keyring's files as they are found at the start, by name; without any a new keyring with a password is made. */
  readonly files?: Readonly<Record<string, string>>;
  /** `absent`: a bus that nobody keeps secrets on; `denied`: one that lets nobody speak to the keyring. */
  readonly daemon?: 'absent' | 'denied';
  /** What the bus starts to ask the user to unlock; without one the question fails at once, as there is no display. */
  readonly prompter?: string;
}

/** Needs dbus-daemon and gnome-keyring. */
export async function privateKeyring({ files, daemon, prompter }: Options = {}): Promise<PrivateKeyring> {
  const home = mkdtempSync(join(tmpdir(), 'zsp-keyring-'));
  const env = privateEnv(home);
  if (prompter) writePrompter(home, prompter);
  for (const [name, text] of Object.entries(files ?? {})) {
    writeFileSync(join(home, 'data/keyrings', name), text, { mode: 0o600 });
  }
  const bus = await startBus(env, home, daemon);
  env.DBUS_SESSION_BUS_ADDRESS = bus.address;
  const daemonPid = () => Number(/uint32 (\d+)/.exec(ask(env, 'GetConnectionUnixProcessID', secrets))?.[1]);
  if (!daemon) {
    startDaemon(env, files === undefined ? ['--unlock'] : ['--start']);
    await until(() => ask(env, 'NameHasOwner', secrets).includes('true'), 'no Secret Service on the bus');
  }
  const kill = async () => {
    process.kill(daemonPid(), 'SIGKILL');
    await until(() => ask(env, 'NameHasOwner', secrets).includes('false'), 'the daemon did not end');
  };
  return {
    env,
    home,
    lock: () => void spawnSync('dbus-send', lockLogin, { env }),
    unlock: () => startDaemon(env, ['--replace', '--unlock']),
    silence: () => process.kill(daemonPid(), 'SIGSTOP'),
    resume: () => process.kill(daemonPid(), 'SIGCONT'),
    silenceBus: () => void bus.process.kill('SIGSTOP'),
    resumeBus: () => void bus.process.kill('SIGCONT'),
    kill,
    async restart() {
      await kill();
      startDaemon(env, ['--unlock']);
    },
    async stop() {
      const pid = daemonPid();
      if (pid) process.kill(pid, 'SIGKILL');
      bus.process.kill();
      await until(() => bus.process.exitCode !== null || bus.process.signalCode !== null, 'the bus did not end');
      removeDirectory(home);
    },
  };
}

interface Bus {
  readonly process: ChildProcess;
  readonly address: string;
}

const secrets = 'org.freedesktop.secrets';

function privateEnv(home: string): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...process.env, HOME: home };
  for (const [variable, name] of [
    ['XDG_RUNTIME_DIR', 'run'],
    ['XDG_DATA_HOME', 'data'],
    ['XDG_CONFIG_HOME', 'config'],
    ['XDG_STATE_HOME', 'state'],
  ] as const) {
    env[variable] = join(home, name);
    mkdirSync(join(home, name), { mode: 0o700 });
  }
  mkdirSync(join(home, 'data/keyrings'), { mode: 0o700 });
  for (const inherited of ['DISPLAY', 'WAYLAND_DISPLAY', 'DBUS_SESSION_BUS_ADDRESS', 'NODE_EXTRA_CA_CERTS']) {
    delete env[inherited];
  }
  return env;
}

function writePrompter(home: string, command: string): void {
  const services = join(home, 'data/dbus-1/services');
  mkdirSync(services, { recursive: true });
  const name = 'org.gnome.keyring.SystemPrompter';
  writeFileSync(join(services, `${name}.service`), `[D-BUS Service]\nName=${name}\nExec=${command}\n`);
}

/** The bus listens where a login session has it: at $XDG_RUNTIME_DIR/bus. */
function startBus(env: NodeJS.ProcessEnv, home: string, daemon: Options['daemon']): Promise<Bus> {
  const address = `--address=unix:path=${home}/run/bus`;
  const config = daemon ? `--config-file=${writeBusConfig(home, daemon)}` : '--session';
  const bus = spawn('dbus-daemon', [config, address, '--nofork', '--print-address'], {
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return new Promise((resolve, reject) => {
    bus.once('error', reject);
    bus.once('exit', (status) => reject(new Error(`dbus-daemon ended with ${status}`)));
    bus.stdout?.once('data', (line: Buffer) => resolve({ process: bus, address: line.toString().trim() }));
  });
}

/** A bus that starts no services, or that starts them and lets nobody speak to the keyring. */
function writeBusConfig(home: string, daemon: 'absent' | 'denied'): string {
  const path = join(home, 'bus.conf');
  const allow = '<allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/>';
  const deny = daemon === 'denied' ? `<deny send_destination="${secrets}"/>` : '';
  const services = daemon === 'denied' ? '<standard_session_servicedirs/>' : '';
  const listen = `<listen>unix:path=${home}/run/bus</listen>`;
  const policy = `<policy context="default">${allow}${deny}</policy>`;
  writeFileSync(path, `<busconfig><type>session</type>${listen}${services}${policy}</busconfig>`);
  return path;
}

/** The password is not empty: an empty one makes no login keyring, and every write would fail. */
function startDaemon(env: NodeJS.ProcessEnv, how: readonly string[]): void {
  const started = spawnSync('gnome-keyring-daemon', [...how, '--components=secrets'], { env, input: 'throw-away' });
  if (started.status !== 0) throw new Error(`gnome-keyring-daemon ended with ${started.status}: ${started.stderr}`);
}

/** What `dbus-send` locks the login keyring with. */
export const lockLogin = [
  '--session',
  '--print-reply',
  `--dest=${secrets}`,
  '/org/freedesktop/secrets',
  'org.freedesktop.Secret.Service.Lock',
  'array:objpath:/org/freedesktop/secrets/collection/login',
];

/** Asks the bus about a name; asking the name itself would start a daemon. */
function ask(env: NodeJS.ProcessEnv, method: string, name: string): string {
  return send(env, ['--dest=org.freedesktop.DBus', '/', `org.freedesktop.DBus.${method}`, `string:${name}`]);
}

function send(env: NodeJS.ProcessEnv, args: readonly string[]): string {
  return spawnSync('dbus-send', ['--session', '--print-reply', '--reply-timeout=5000', ...args], {
    env,
  }).stdout.toString();
}

async function until(holds: () => boolean, otherwise: string): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if (holds()) return;
    await sleep(50);
  }
  throw new Error(otherwise);
}
