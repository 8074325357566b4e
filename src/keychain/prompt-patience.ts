import { closeSync, fstatSync, openSync } from 'node:fs';

/** How long an unlock prompt is waited for, in milliseconds. A service that is silent the binding gives up on after two seconds. */
export const promptPatience = 10_000;

export interface Connected<Entry> {
  readonly entry: Entry;
  /** Ends the call that is under way, and the prompt it opened; only on Linux, where a bus is between. */
  hangUp(): void;
}

/** @param open makes an entry of the binding, which connects to the bus at once and does not tell by which descriptor */
export function connect<Entry>(open: () => Entry): Connected<Entry> {
  if (process.platform !== 'linux') return { entry: open(), hangUp() {} };
  // What is opened next gets the lowest free number.
  const descriptor = openSync('/dev/null', 'r');
  closeSync(descriptor);
  const entry = open();
  const connection = socketOf(descriptor);
  return { entry, hangUp: () => hangUp(descriptor, connection) };
}

/**
 * What a call of the binding answers. By itself it would last as long as a prompt is open, and Node waits for the binding's
 * threads before it exits.
 * @throws what the binding throws; an error that says `timed out`
 */
export async function withPatience<T>(
  answer: T | Promise<T>,
  { hangUp }: Connected<unknown>,
  milliseconds: number,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error('timed out'));
      hangUp();
    }, milliseconds);
  });
  try {
    return await Promise.race([answer, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

/** The socket behind a descriptor, by its inode: a number is used again, and not always by whom it was meant for. */
function socketOf(descriptor: number): number | undefined {
  try {
    const found = fstatSync(descriptor);
    return found.isSocket() ? found.ino : undefined;
  } catch {
    return undefined;
  }
}

/** The binding finds its connection gone within half a second. */
function hangUp(descriptor: number, connection: number | undefined): void {
  if (connection === undefined || socketOf(descriptor) !== connection) return;
  try {
    const { Socket } = require('node:net') as typeof import('node:net');
    new Socket({ fd: descriptor, readable: false }).on('error', () => {}).destroy();
    occupy(descriptor);
  } catch {
    // No stream, so not the bus; or no descriptor is left.
  }
}

/** The binding will close this number as its own: until then no lock and no ledger may get it. */
function occupy(descriptor: number): void {
  const opened = openSync('/dev/null', 'r');
  if (opened < descriptor) occupy(descriptor);
  if (opened !== descriptor) closeSync(opened);
}
