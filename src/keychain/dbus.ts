import {
  bytesOf,
  type Call,
  fields,
  firstMessage,
  type Message,
  type Reader,
  types,
  type Writer,
} from './dbus-message';

/** A connection to a message bus on a Unix socket. It keeps the process alive only while something is waited for. */
export interface Bus {
  /**
   * @param signature of the answer
   * @throws Error with the name and text of an answer that is an error; `did not receive a reply` after `silenceAllowed`
   */
  call<T>(message: Call, signature: string, read: (body: Reader) => T): Promise<T>;
  /** The next such signal; waited for until the connection is closed. */
  signal<T>(path: string, member: string, read: (body: Reader) => T): Promise<T>;
  /** Has the signals of an object delivered. */
  subscribe(path: string): Promise<void>;
  /** Ends what is under way with this error. */
  close(error: Error): void;
}

interface Waiting {
  matches(message: Message): boolean;
  resolve(message: Message): void;
  reject(error: Error): void;
}

/** How long a service may take for an answer that no user has to give, in milliseconds. */
const silenceAllowed = 2_000;

/** Anybody on a bus may send a signal that names a call; only who was asked may answer it. */
const answers: readonly number[] = [types.answer, types.error];

/** The most that a bus may say before it lets zsp in, in bytes. */
const longestGreeting = 2 ** 14;

/** @param path of the socket; an abstract one starts with a NUL */
export function connectBus(path: string): Bus {
  // A hit of another keychain does without.
  const { connect } = require('node:net') as typeof import('node:net');
  const waiting = new Set<Waiting>();
  const incoming = incomingMessages((message) => {
    for (const one of waiting) if (one.matches(message)) one.resolve(message);
  });
  let serial = 0;
  let broken: Error | undefined;

  const socket = connect({ path });
  const close = (error: Error) => {
    broken ??= error;
    for (const one of waiting) one.reject(broken);
    socket.destroy();
  };
  socket.on('error', ({ code }: NodeJS.ErrnoException) => {
    // That the other end has gone is for what follows to say.
    if (code !== 'EPIPE' && code !== 'ECONNRESET') close(connectionError(code));
  });
  socket.on('close', () => close(new Error(incoming.accepted() ? 'NoServer: the bus has gone' : refused)));
  socket.on('data', (bytes) => {
    try {
      incoming.push(bytes);
    } catch (error) {
      close(error as Error);
    }
  });

  const wait = async (matches: Waiting['matches'], silence?: number): Promise<Message> => {
    if (broken) throw broken;
    let timer: NodeJS.Timeout | undefined;
    let one: Waiting | undefined;
    try {
      return await new Promise((resolve, reject) => {
        one = { matches, resolve, reject };
        waiting.add(one);
        socket.ref();
        if (silence) timer = setTimeout(() => reject(new Error('did not receive a reply')), silence);
      });
    } finally {
      clearTimeout(timer);
      if (one) waiting.delete(one);
      if (waiting.size === 0) socket.unref();
    }
  };
  const call: Bus['call'] = async (message, signature, read) => {
    serial += 1;
    const number = serial;
    socket.write(bytesOf(number, message));
    const answer = await wait(
      (one) => answers.includes(one.type) && one.fields[fields.replyTo] === number,
      silenceAllowed,
    );
    return bodyOf(answer, signature, read);
  };

  // All that is asked in one turn goes out in one piece.
  socket.cork();
  process.nextTick(() => socket.uncork());
  const user = Buffer.from(String(process.geteuid?.())).toString('hex');
  socket.write(`\0AUTH EXTERNAL ${user}\r\nBEGIN\r\n`);
  const dbus = 'org.freedesktop.DBus';
  const itself = { to: dbus, path: '/org/freedesktop/DBus', on: dbus };
  // What goes wrong with it goes wrong with every other call.
  call({ ...itself, member: 'Hello' }, 's', () => {}).catch(() => {});
  return {
    call,
    subscribe(path) {
      const write = (to: Writer) => to.text(`type='signal',path='${path}'`);
      return call({ ...itself, member: 'AddMatch', signature: 's', write }, '', () => {});
    },
    async signal(path, member, read) {
      const wanted = await wait(
        (one) => one.type === types.signal && one.fields[fields.path] === path && one.fields[fields.member] === member,
      );
      return read(wanted.body);
    },
    close,
  };
}

const refused = 'AccessDenied: the bus closed the connection';

function connectionError(code: string | undefined): Error {
  if (code === 'ENOENT' || code === 'ECONNREFUSED') return new Error('Failed to connect to socket');
  return new Error(code === 'EACCES' || code === 'EPERM' ? 'permission denied' : `the bus failed: ${code}`);
}

function bodyOf<T>({ type, fields: head, body }: Message, signature: string, read: (body: Reader) => T): T {
  const given = head[fields.signature] ?? '';
  if (type === types.error) {
    const text = String(given).startsWith('s') ? body.text() : '';
    throw new Error(`${head[fields.error]}: ${text}`);
  }
  if (given !== signature) throw new Error('the bus sent another answer than was asked for');
  return read(body);
}

/** Takes what comes over a connection apart. It throws at what is not of the protocol. */
function incomingMessages(handle: (message: Message) => void) {
  let bytes: Buffer = Buffer.alloc(0);
  let accepted = false;

  const greeted = (): boolean => {
    const end = bytes.indexOf('\r\n');
    if (end < 0 && bytes.length > longestGreeting) throw new RangeError('the bus greets without an end');
    if (end < 0) return false;
    // Anything but `OK` and the bus's GUID is a refusal: the specification's "Authentication Protocol".
    if (!bytes.toString('latin1', 0, end).startsWith('OK ')) throw new Error(refused);
    bytes = bytes.subarray(end + 2);
    accepted = true;
    return true;
  };
  return {
    accepted: () => accepted,
    push(chunk: Buffer): void {
      bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
      if (!accepted && !greeted()) return;
      for (let first = firstMessage(bytes); first; first = firstMessage(bytes)) {
        bytes = bytes.subarray(first.size);
        handle(first.message);
      }
    },
  };
}
