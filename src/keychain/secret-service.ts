import type { Env } from '../places';
import { connectBus } from './dbus';
import type { Reader, Writer } from './dbus-message';
import { service } from './native-entry';
import { withPatience } from './prompt-patience';
import { sessionBus } from './session-bus';

/** Texts by account. Each call waits so many milliseconds at most for a user who is asked to unlock. */
export interface Texts {
  get(account: string, patience: number): Promise<string | undefined>;
  set(account: string, text: string, patience: number): Promise<void>;
  delete(account: string, patience: number): Promise<void>;
}

/**
 * The keyring of a Linux desktop, over one connection, which is made when it is first needed: what a hit has opened serves
 * the miss that follows it. @throws Error that `readFailure` reads
 */
export function secretService(env: Env): Texts {
  let current: Connection | undefined;

  const once = async <T>(work: (connection: Connection) => Promise<T>, patience: number): Promise<T> => {
    const used = current ?? connect(env);
    current = used;
    try {
      return await withPatience(work(used), patience, used.close);
    } catch (error) {
      // One that the user has sent away is remembered, and not shown again.
      if (error !== used.sentAway()) {
        used.close(error as Error);
        if (current === used) current = undefined;
      }
      throw error;
    }
  };
  const call = async <T>(work: (connection: Connection) => Promise<T>, patience: number): Promise<T> => {
    const end = performance.now() + patience;
    try {
      return await once(work, patience);
    } catch (error) {
      // A keyring that was restarted does not know the old connection, gnome-keyring ends at times in the middle of a
      // question, and what was found may be gone when it is asked for.
      if (!/NoSession|NoReply|bus has gone|NoSuchObject|UnknownObject|UnknownMethod/.test(String(error))) throw error;
      return once(work, end - performance.now());
    }
  };
  return {
    get: (account, patience) => call(({ get }) => get(account), patience),
    set: (account, text, patience) => call(({ set }) => set(account, text), patience),
    delete: (account, patience) => call((connection) => connection.delete(account), patience),
  };
}

interface Connection {
  get(account: string): Promise<string | undefined>;
  set(account: string, text: string): Promise<void>;
  delete(account: string): Promise<void>;
  /** What a prompt that was sent away has ended with. */
  sentAway(): Error | undefined;
  /** Ends what is asked over it, and a prompt that is open. */
  close(error: Error): void;
}

const root = '/org/freedesktop/secrets';
/** In place of an object's path: there is none. */
const none = '/';

/** What is asked, with the signatures of question and answer. */
const methods = {
  OpenSession: ['Service', 'sv', 'vo'],
  SearchItems: ['Service', 'a{ss}', 'aoao'],
  Unlock: ['Service', 'ao', 'aoo'],
  CreateItem: ['Collection', 'a{sv}(oayays)b', 'oo'],
  GetSecret: ['Item', 'o', '(oayays)'],
  SetSecret: ['Item', '(oayays)', ''],
  Delete: ['Item', '', 'o'],
  Prompt: ['Prompt', 's', ''],
} as const;

const name = 'org.freedesktop.secrets';

/** The Secret Service API 0.2. @throws ZspError `keychain_unavailable` for a bus that secrets are not told to */
function connect(env: Env): Connection {
  const socket = sessionBus(env);
  if (socket === undefined) throw new Error('Failed to connect to socket');
  const bus = connectBus(socket);
  let sentAway: Error | undefined;

  // gnome-keyring ends itself when it meets OpenSession before it has made a note of the caller, which it does a moment after a
  // caller's first message. So that is one that needs no note (docs/adr/0008).
  const met = bus.call({ to: name, path: root, on: 'org.freedesktop.DBus.Peer', member: 'Ping' }, '', nothing);
  met.catch(nothing);

  const ask = async <T>(
    path: string,
    member: keyof typeof methods,
    write: (to: Writer) => void,
    read: (answer: Reader) => T,
  ): Promise<T> => {
    await met;
    const [on, signature, answer] = methods[member];
    return bus.call({ to: name, path, on: `org.freedesktop.Secret.${on}`, member, signature, write }, answer, read);
  };
  // Whoever can read this bus can ask the keyring itself, so nothing is encrypted on it (docs/adr/0008).
  const session = ask(root, 'OpenSession', plain, (answer) => {
    answer.variant();
    return answer.text();
  });
  // It is met by those who wait for it.
  session.catch(nothing);

  const show = async (prompt: string): Promise<void> => {
    if (sentAway) throw sentAway;
    const [dismissed] = await Promise.all([
      bus.signal(prompt, 'Completed', (body) => body.uint() === 1),
      bus.subscribe(prompt),
      ask(prompt, 'Prompt', (to) => to.text(''), nothing),
    ]);
    if (!dismissed) return;
    sentAway = new Error('unlock prompt was dismissed');
    throw sentAway;
  };
  let shown = Promise.resolve();
  /** One prompt at a time: what the user says to it is said to those that wait behind it. */
  const answered = (prompt: string): Promise<void> => {
    if (prompt === none) return Promise.resolve();
    const mine = shown.then(() => show(prompt));
    shown = mine.catch(nothing);
    return mine;
  };
  const unlock = async (path: string): Promise<void> => {
    const one = (to: Writer) => to.array(4, () => to.text(path));
    const prompt = await ask(root, 'Unlock', one, (answer) => {
      paths(answer);
      return answer.text();
    });
    await answered(prompt);
  };
  const find = async (account: string): Promise<string | undefined> => {
    const [[open], [locked]] = await ask(
      root,
      'SearchItems',
      (to) => writeAttributes(to, account),
      (answer) => [paths(answer), paths(answer)] as const,
    );
    if (open === undefined && locked !== undefined) await unlock(locked);
    return open ?? locked;
  };
  const create = async (account: string, secret: (to: Writer) => void): Promise<void> => {
    const collection = `${root}/aliases/default`;
    const write = (to: Writer) => {
      writeProperties(to, account);
      secret(to);
      to.uint(1); // in the place of one that somebody else has made meanwhile
    };
    const attempt = () =>
      ask(collection, 'CreateItem', write, (answer) => {
        answer.text();
        return answer.text();
      });
    const prompt = await attempt().catch(async (error: Error) => {
      if (!error.message.includes('IsLocked')) throw error;
      await unlock(collection);
      return attempt();
    });
    await answered(prompt);
  };
  const secretOf = (item: string, key: string) => ask(item, 'GetSecret', (to) => to.text(key), readSecret);
  /** Where an account's item was: it is asked for at once with the search, and only believed if that finds it there. */
  const places = new Map<string, string>();

  return {
    async get(account) {
      const place = places.get(account);
      const early = place && session.then((key) => secretOf(place, key)).catch(() => undefined);
      const [key, item, text] = await Promise.all([session, find(account), early]);
      if (item === undefined) return undefined;
      places.set(account, item);
      return item === place && text !== undefined ? text : secretOf(item, key);
    },
    async set(account, text) {
      const [key, item] = await Promise.all([session, find(account)]);
      const secret = (to: Writer) => writeSecret(to, key, text);
      if (item === undefined) await create(account, secret);
      else await ask(item, 'SetSecret', secret, nothing);
    },
    async delete(account) {
      const item = await find(account);
      if (item !== undefined) await answered(await ask(item, 'Delete', nothing, (answer) => answer.text()));
    },
    sentAway: () => sentAway,
    close: bus.close,
  };
}

const nothing = () => {};
const paths = (from: Reader) => from.array(4, from.text);

function plain(to: Writer): void {
  to.text('plain');
  to.signature('s');
  to.text('');
}

function writeAttributes(to: Writer, account: string): void {
  to.array(8, () => {
    for (const [name, value] of [
      ['service', service],
      ['username', account],
    ] as const) {
      to.align(8);
      to.text(name);
      to.text(value);
    }
  });
}

function writeProperties(to: Writer, account: string): void {
  to.array(8, () => {
    to.align(8);
    to.text('org.freedesktop.Secret.Item.Label');
    to.signature('s');
    to.text(`zsp ${account}`);
    to.align(8);
    to.text('org.freedesktop.Secret.Item.Attributes');
    to.signature('a{ss}');
    writeAttributes(to, account);
  });
}

/** The API's Secret: its session, parameters that `plain` has none of, the value, and of what type it is. */
function writeSecret(to: Writer, session: string, text: string): void {
  to.align(8);
  to.text(session);
  to.bytes(Buffer.alloc(0));
  to.bytes(Buffer.from(text));
  to.text('text/plain');
}

function readSecret(from: Reader): string {
  from.text();
  from.bytes();
  return from.bytes().toString('utf8');
}
