import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { nativeStore } from '../../src/keychain/binding';
import { type Bus, connectBus } from '../../src/keychain/dbus';
import { bytesOf, fields, firstMessage, types } from '../../src/keychain/dbus-message';
import { secretService } from '../../src/keychain/secret-service';
import { Secret } from '../../src/secret';
import { fuzz } from '../support/fuzz';
import { needs } from '../support/needs';
import { newHome } from '../support/zsp';

const { skip, why } = needs('linux');
const home = newHome();
afterAll(() => home.cleanup());

let number = 0;
/** A bus that says what a test has it say, to whatever it is sent. */
async function scriptedBus(talk: (socket: Socket, received: Buffer) => void): Promise<string> {
  number += 1;
  const path = join(home.path, `bus-${number}`);
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => {});
    socket.on('data', (bytes) => talk(socket, bytes));
  });
  await once(server.listen(path), 'listening');
  onTestFinished(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  return path;
}

const hello = { to: 'a.b', path: '/a', on: 'a.b', member: 'Ask' };
const ask = (bus: Bus) => bus.call(hello, 's', (body) => body.text());
const greeting = 'OK 0123456789abcdef\r\n';

/** An answer to the nth message of a connection, whose body is one text. */
function answerTo(serial: number, text: string, { big = false, signature = 's', type = 2 } = {}): Buffer {
  const uint = (value: number) => {
    const bytes = Buffer.alloc(4);
    if (big) bytes.writeUInt32BE(value);
    else bytes.writeUInt32LE(value);
    return bytes;
  };
  const body = Buffer.concat([uint(Buffer.byteLength(text)), Buffer.from(`${text}\0`)]);
  const list = Buffer.concat([
    Buffer.from([fields.replyTo, 1]),
    Buffer.from('u\0'),
    uint(serial),
    Buffer.from([fields.signature, 1]),
    Buffer.from('g\0'),
    Buffer.from([signature.length]),
    Buffer.from(`${signature}\0`),
  ]);
  const start = [
    Buffer.from([(big ? 'B' : 'l').charCodeAt(0), type, 0, 1]),
    uint(body.length),
    uint(7),
    uint(list.length),
  ];
  return Buffer.concat([...start, list, Buffer.alloc(-list.length & 7), body]);
}

describe.skipIf(skip)(`a bus${why}`, () => {
  test.each([
    ['in one piece', (socket: Socket) => socket.write(Buffer.concat([Buffer.from(greeting), answerTo(2, 'yes')]))],
    [
      'byte by byte, after what nobody asked for',
      async (socket: Socket) => {
        for (const byte of Buffer.concat([Buffer.from(greeting), answerTo(99, 'no'), answerTo(2, 'yes')])) {
          socket.write(Buffer.from([byte]));
          await new Promise(setImmediate);
        }
      },
    ],
    [
      'after a signal that calls itself the answer',
      (socket: Socket) =>
        socket.write(
          Buffer.concat([Buffer.from(greeting), answerTo(2, 'no', { type: types.signal }), answerTo(2, 'yes')]),
        ),
    ],
    [
      'in the other order of bytes',
      (socket: Socket) => socket.write(Buffer.concat([Buffer.from(greeting), answerTo(2, 'yes', { big: true })])),
    ],
  ])('is understood %s', async (_, talk) => {
    const bus = connectBus(await scriptedBus((socket) => void talk(socket)));
    expect(await ask(bus)).toBe('yes');
    bus.close(new Error('over'));
    await expect(ask(bus)).rejects.toThrow('over');
  });

  test.each<[string, (socket: Socket) => void, RegExp]>([
    ['refuses this user', (socket) => socket.write('REJECTED EXTERNAL\r\n'), /^AccessDenied/],
    ['hangs up at once', (socket) => socket.destroy(), /^AccessDenied/],
    ['hangs up later', (socket) => socket.end(greeting), /^NoServer/],
    ['greets without an end', (socket) => socket.write('OK'.repeat(10_000)), /without an end/],
    ['says nothing', () => {}, /^did not receive a reply$/],
    ['lets in, and then says nothing', (socket) => socket.write(greeting), /^did not receive a reply$/],
    [
      'speaks something else',
      (socket) => socket.write(`${greeting}${'HTTP/1.1 400 Bad Request'.repeat(9)}`),
      /too large/,
    ],
    [
      'answers what was not asked for',
      (socket) => socket.write(Buffer.concat([Buffer.from(greeting), answerTo(2, 'yes', { signature: 'o' })])),
      /another answer/,
    ],
    [
      'announces more than any item holds',
      (socket) =>
        socket.write(Buffer.concat([Buffer.from(greeting), Buffer.from('l\x02\0\x01\0\0\0\x02'), Buffer.alloc(9)])),
      /too large/,
    ],
  ])('that %s is an error', async (_, talk, error) => {
    const bus = connectBus(await scriptedBus((socket) => talk(socket)));
    await expect(ask(bus)).rejects.toThrow(error);
    bus.close(new Error('over'));
  });

  test('that goes before it has read what it was sent has gone', async () => {
    const path = join(home.path, 'gone');
    const server = createServer({ pauseOnConnect: true }, (socket) => setTimeout(() => socket.destroy(), 100));
    await once(server.listen(path), 'listening');
    onTestFinished(() => void server.close());
    await expect(ask(connectBus(path))).rejects.toThrow('AccessDenied');
  });

  test('that answers late, and then is to be asked again, has no more than the time there was', async () => {
    const path = await scriptedBus((socket) => {
      const error = answerTo(2, 'NoSession', { type: types.error });
      setTimeout(() => socket.write(Buffer.concat([Buffer.from(greeting), error])), 300);
    });
    const keyring = secretService({ DBUS_SESSION_BUS_ADDRESS: `unix:path=${path}` });
    await expect(keyring.get('a', 450)).rejects.toThrow('timed out');
  });

  test('that is not there is an error', async () => {
    await expect(ask(connectBus(join(home.path, 'none')))).rejects.toThrow('Failed to connect to socket');
  });

  test('is told of a session only once the keyring has answered: gnome-keyring may end itself at an earlier one', async () => {
    let told = '';
    const path = await scriptedBus((socket, bytes) => {
      if (told === '') socket.write(greeting);
      told += bytes.toString('latin1');
    });
    const keyring = secretService({ DBUS_SESSION_BUS_ADDRESS: `unix:path=${path}` });
    await expect(keyring.get('a', 300)).rejects.toThrow('timed out');
    expect(told).toContain('Ping');
    expect(told).not.toMatch(/OpenSession|SearchItems/);
  });

  test('fuzz: that says anything leaves a keychain a clean error', { timeout: 300_000 }, async () => {
    let says: Buffer = Buffer.alloc(0);
    const path = await scriptedBus((socket) => socket.end(says));
    const store = nativeStore(
      'secret-service',
      () => 1_000,
      secretService({ DBUS_SESSION_BUS_ADDRESS: `unix:path=${path}` }),
    );
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.tuple(fc.integer({ min: 1, max: 4 }), fc.string()).map(([serial, text]) => answerTo(serial, text)),
      fc
        .tuple(fc.integer({ min: 1, max: 4 }), fc.constantFrom('vo', 'aoao', '(oayays)', 'oo'), fc.uint8Array())
        .map(([serial, signature, bytes]) => Buffer.concat([answerTo(serial, '', { signature }), bytes])),
    );
    const speech = fc
      .tuple(fc.boolean(), fc.array(piece))
      .map(([polite, pieces]) => Buffer.concat([Buffer.from(polite ? greeting : ''), ...pieces]));
    await fc.assert(
      fc.asyncProperty(speech, fc.boolean(), async (bytes, write) => {
        says = bytes;
        const work = write ? store.set('a', new Secret('EXAMPLE-VALUE')) : store.get('a');
        const { code, message } = await work.then(
          () => ({ code: 'none', message: 'none' }),
          (error) => error,
        );
        expect(['none', 'keychain_unavailable']).toContain(code);
        expect(message).toMatch(/^[\x20-\x7e]+$/);
        expect(message).not.toContain('EXAMPLE-VALUE');
      }),
      fuzz(),
    );
  });
});

describe('a message', () => {
  const text = fc.string().map((any) => any.replaceAll('\0', ''));

  test('fuzz: is read as it was written', () => {
    fc.assert(
      fc.property(text, text, fc.uint8Array(), fc.array(text), fc.nat(), (path, member, bytes, texts, rest) => {
        const call = {
          ...hello,
          ...{ path, member, signature: 'asayu' },
          write: (to: Parameters<NonNullable<Parameters<typeof bytesOf>[1]['write']>>[0]) => {
            to.array(4, () => texts.forEach(to.text));
            to.bytes(Buffer.from(bytes));
            to.uint(rest);
          },
        };
        const written = bytesOf(5, call);
        const read = firstMessage(Buffer.concat([written, Buffer.from('more')]));
        expect(read?.size).toBe(written.length);
        const { body, fields: head } = read?.message ?? {};
        expect([head?.[fields.path], head?.[fields.member], head?.[fields.signature]]).toEqual([path, member, 'asayu']);
        expect([
          body?.array(4, body.text),
          Buffer.from(bytes).equals(body?.bytes() ?? Buffer.alloc(0)),
          body?.uint(),
        ]).toEqual([texts, true, rest]);
        expect(firstMessage(written.subarray(0, -1))).toBeUndefined();
      }),
      fuzz(),
    );
  });

  test('fuzz: of any bytes is one, is not whole yet, or is refused', () => {
    const whole = [answerTo(2, 'yes'), bytesOf(3, hello)];
    const oneChanged = fc.tuple(fc.constantFrom(...whole), fc.nat(), fc.nat(255)).map(([bytes, at, byte]) => {
      const changed = Buffer.from(bytes);
      changed[at % bytes.length] = byte;
      return changed;
    });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), oneChanged), (bytes) => {
        try {
          const { body } = firstMessage(Buffer.from(bytes))?.message ?? {};
          body?.array(4, body.text);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
      fuzz(),
    );
  });
});
