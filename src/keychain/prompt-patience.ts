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
  const connection = openSync('/dev/null', 'r');
  closeSync(connection);
  return { entry: open(), hangUp: () => hangUp(connection) };
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

function hangUp(descriptor: number): void {
  try {
    if (!fstatSync(descriptor).isSocket()) return;
    const { Socket } = require('node:net') as typeof import('node:net');
    const connection = new Socket({ fd: descriptor, readable: false, allowHalfOpen: true });
    connection.on('error', () => {});
    connection.end();
  } catch {
    // It is closed already.
  }
}
