import { Console } from 'node:console';
import { PassThrough } from 'node:stream';
import { format, inspect } from 'node:util';
import { deserialize, serialize } from 'node:v8';
import { MessageChannel } from 'node:worker_threads';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ZspError } from '../src/errors';
import { Secret } from '../src/secret';

const text = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
const secret = new Secret(text);
const holder = { name: 'dev', session: { secretAccessKey: secret }, list: [secret], map: new Map([['key', secret]]) };

function printed(print: (console: Console) => void): string {
  const stream = new PassThrough();
  print(new Console({ stdout: stream, stderr: stream }));
  return String(stream.read() ?? '');
}

function failing(): ZspError {
  return new ZspError('internal', `it failed with ${secret}`, { remedy: `${secret}`, cause: { secret, holder } });
}

describe('a secret cannot be seen', () => {
  const ways: Readonly<Record<string, () => unknown>> = {
    'String()': () => String(secret),
    'a template string': () => `${secret}`,
    concatenation: () => ['a', secret].join('') + secret,
    'toString, toLocaleString, valueOf': () =>
      [secret.toString(), secret.toLocaleString(), String(secret.valueOf())].join(),
    'as a number': () => String(Number(secret)),
    'as a key': () => Object.keys({ [String(secret)]: 1 }).join(),
    'JSON.stringify': () => JSON.stringify(holder),
    'JSON.stringify with a replacer': () => JSON.stringify(holder, (_, value) => value, 2),
    inspect: () => inspect(holder, { depth: null }),
    'inspect, hidden things shown': () => inspect(holder, { showHidden: true, getters: true, depth: null }),
    'inspect without its custom form': () => inspect(holder, { customInspect: false, showHidden: true, depth: null }),
    'inspect with a proxy': () => inspect(new Proxy(secret, {}), { showProxy: true, customInspect: false }),
    format: () => format('%s %o %O %j %d %i %f', secret, secret, secret, secret, secret, secret, secret),
    'console.log': () => printed((console) => console.log(secret, holder, [secret])),
    'console.dir': () => printed((console) => console.dir(holder, { showHidden: true, depth: null })),
    'console.table': () => printed((console) => console.table([holder, secret])),
    'console.trace and error': () => printed((console) => console.trace(secret) ?? console.error(failing())),
    'Object.entries': () => JSON.stringify([Object.entries(secret), Object.getOwnPropertyNames(secret)]),
    'own symbols': () => inspect(Object.getOwnPropertyDescriptors(secret)),
    spread: () => JSON.stringify({ ...secret }),
    'Object.assign': () => inspect(Object.assign({}, secret), { showHidden: true }),
    'for in': () => {
      const found: string[] = [];
      for (const key in secret) found.push(key);
      return found.join();
    },
    structuredClone: () => inspect(structuredClone(holder), { depth: null, showHidden: true }),
    'v8.serialize': () => serialize(holder).toString('latin1') + inspect(deserialize(serialize(secret))),
    'the message of an error': () => failing().message,
    'the stack of an error': () => failing().stack,
    'an error, its cause and all': () => inspect(failing(), { depth: null, showHidden: true }),
    'an AggregateError': () => inspect(new AggregateError([failing()], `${secret}`), { depth: null }),
    'a failed assertion': () => {
      try {
        expect(secret).toEqual(new Secret('another'));
        expect(secret).toBe(1);
        return '';
      } catch (error) {
        return inspect(error, { depth: null });
      }
    },
    'a URL': () => new URL(`https://host/?token=${secret}`).href,
    'an environment': () => Object.values({ KEY: String(secret) }).join(),
  };

  test.each(Object.entries(ways))('by %s', (_, way) => {
    const seen = String(way());
    expect(seen).not.toContain(text);
    expect(seen).not.toContain(text.slice(0, 12));
  });

  test('by a message to another thread', async () => {
    const { port1, port2 } = new MessageChannel();
    const received = new Promise((resolve) => {
      port2.once('message', resolve);
    });
    port1.postMessage(holder);
    expect(inspect(await received, { depth: null, showHidden: true })).not.toContain(text);
    port1.close();
    port2.close();
  });

  test('where it is shown, it says so', () => {
    expect([`${secret}`, JSON.stringify([secret]), inspect(secret)]).toEqual([
      '[redacted]',
      '["[redacted]"]',
      '[redacted]',
    ]);
  });
});

describe('a secret can be used', () => {
  test('fuzz: it opens as what it was made of, and equals its like alone', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (one, other) => {
        expect(new Secret(one).open()).toBe(one);
        expect(new Secret(one).equals(new Secret(other))).toBe(one === other);
      }),
    );
  });
});
