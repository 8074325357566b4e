/**
 * D-Bus messages, as far as zsp needs them: D-Bus Specification, "Marshaling (Wire Format)" and "Message Format". Values are
 * written and read by name: code that goes by their signatures takes a hit more time than the bus does.
 */

export const types = { call: 1, answer: 2, error: 3, signal: 4 } as const;
export const fields = { path: 1, interface: 2, member: 3, error: 4, replyTo: 5, to: 6, signature: 8 } as const;

export interface Call {
  /** A name on the bus. */
  readonly to: string;
  readonly path: string;
  readonly on: string;
  readonly member: string;
  /** The arguments, and their signature. */
  readonly signature?: string;
  readonly write?: (to: Writer) => void;
}

export interface Message {
  readonly type: number;
  /** By their codes. */
  readonly fields: readonly (string | number | undefined)[];
  readonly body: Reader;
}

export type Writer = ReturnType<typeof writer>;
export type Reader = ReturnType<typeof reader>;

const littleEndian = 'l'.charCodeAt(0);

/** The most that a message may hold, in bytes. The specification allows 128 MiB; no item of ours comes near this. */
const largest = 2 ** 24;

export function bytesOf(serial: number, { to, path, on, member, signature, write }: Call): Buffer {
  const body = writer();
  write?.(body);
  const head = writer();
  for (const byte of [littleEndian, types.call, 0, 1]) head.byte(byte);
  head.uint(body.done().length);
  head.uint(serial);
  head.array(8, () => {
    head.field(fields.path, 'o', path);
    head.field(fields.interface, 's', on);
    head.field(fields.member, 's', member);
    head.field(fields.to, 's', to);
    if (signature) head.field(fields.signature, 'g', signature);
  });
  head.align(8);
  return Buffer.concat([head.done(), body.done()]);
}

/**
 * The first message of what a bus has sent, and how many bytes it took.
 * @returns undefined while it is not a whole one
 * @throws RangeError for what is no message, or none that zsp can read
 */
export function firstMessage(bytes: Buffer): { readonly message: Message; readonly size: number } | undefined {
  if (bytes.length < 16) return undefined;
  const little = bytes[0] === littleEndian;
  const head = reader(bytes, little, 4);
  const bodySize = head.uint();
  head.uint();
  const headSize = Math.ceil((16 + head.uint()) / 8) * 8;
  const size = headSize + bodySize;
  if (size > largest) throw new RangeError('the bus sent a message that is too large');
  if (bytes.length < size) return undefined;
  const found: (string | number)[] = [];
  const listed = reader(bytes.subarray(0, headSize), little, 12);
  listed.array(8, () => {
    const code = listed.byte();
    found[code] = listed.variant();
  });
  return {
    message: { type: Number(bytes[1]), fields: found, body: reader(bytes.subarray(headSize, size), little) },
    size,
  };
}

function writer() {
  let bytes = Buffer.alloc(256);
  let at = 0;
  const room = (size: number, alignment = 1): number => {
    const from = aligned(at, alignment);
    if (from + size > bytes.length) bytes = Buffer.concat([bytes, Buffer.alloc(bytes.length + size)]);
    at = from + size;
    return from;
  };
  // The place comes first: to make room can take other bytes.
  const byte = (value: number, place = room(1)) => bytes.writeUInt8(value, place);
  const uint = (value: number, place = room(4, 4)) => bytes.writeUInt32LE(value, place);
  const raw = (value: string, size: number, place = room(size + 1)) => bytes.write(value, place);
  const text = (value: string) => {
    const size = Buffer.byteLength(value);
    uint(size);
    raw(value, size);
  };
  const signature = (value: string) => {
    byte(value.length);
    raw(value, value.length);
  };
  const align = (alignment: 4 | 8) => room(0, alignment);
  return {
    byte,
    uint,
    /** A string, or the path of an object. */
    text,
    signature,
    /** Where a struct begins, or an entry of a dictionary. */
    align,
    /** @param alignment of what is in it: 8 for structs and entries */
    array(alignment: 4 | 8, write: () => void): void {
      const size = room(4, 4);
      const from = align(alignment);
      write();
      uint(at - from, size);
    },
    bytes(value: Buffer): void {
      uint(value.length);
      const place = room(value.length);
      value.copy(bytes, place);
    },
    /** Of a message's head. */
    field(code: number, type: 'o' | 's' | 'g', value: string): void {
      align(8);
      byte(code);
      signature(type);
      if (type === 'g') signature(value);
      else text(value);
    },
    done: () => bytes.subarray(0, at),
  };
}

function reader(bytes: Buffer, little: boolean, from = 0) {
  let at = from;
  const take = (size: number, alignment = 1): number => {
    const place = aligned(at, alignment);
    if (place + size > bytes.length) throw new RangeError('a message of the bus is cut short');
    at = place + size;
    return place;
  };
  const byte = () => bytes.readUInt8(take(1));
  const uint = (place = take(4, 4)) => (little ? bytes.readUInt32LE(place) : bytes.readUInt32BE(place));
  const raw = (size: number, place = take(size + 1)) => bytes.toString('utf8', place, place + size);
  const text = () => raw(uint());
  return {
    byte,
    uint,
    text,
    array<T>(alignment: 4 | 8, read: () => T): readonly T[] {
      const size = uint();
      const end = take(0, alignment) + size;
      const items: T[] = [];
      while (at < end) {
        take(0, alignment);
        items.push(read());
      }
      if (at !== end) throw new RangeError('an array of the bus does not end with a value');
      return items;
    },
    bytes(): Buffer {
      const size = uint();
      const place = take(size);
      return bytes.subarray(place, place + size);
    },
    /** Of the simple types, which are all that a message's head holds. */
    variant(): string | number {
      const type = raw(byte());
      if (type === 'u') return uint();
      if (type === 's' || type === 'o') return text();
      if (type === 'g') return raw(byte());
      throw new RangeError('the bus sent a field that is not known');
    },
  };
}

function aligned(at: number, alignment: number): number {
  return Math.ceil(at / alignment) * alignment;
}
