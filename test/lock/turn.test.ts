import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { takeTurn } from '../../src/lock/turn';
import { removeDirectory } from '../support/remove-directory';

/** Of many that are about to do one costly thing, one goes ahead. */

let home: string;
let path: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'zsp-turn-'));
  path = join(home, 'turn.lock');
});
afterEach(() => removeDirectory(home));

const never = () => false;

test('the first does not wait', async () => {
  expect((await takeTurn(path, never, 1_000)).waited).toBe(false);
});

test('the second goes on when the result is there, while the first still holds its turn', async () => {
  let done = false;
  const first = await takeTurn(path, () => done, 10_000);
  const second = takeTurn(path, () => done, 10_000);
  done = true;
  expect((await second).waited).toBe(true);
  first.end();
});

test('when the first ends without a result, the second is first', async () => {
  const first = await takeTurn(path, never, 10_000);
  const second = takeTurn(path, never, 10_000);
  first.end();
  const next = await second;
  expect(next.waited).toBe(true);
  const third = takeTurn(path, never, 10_000);
  const early = await Promise.race([third.then(() => 'early'), new Promise((resolve) => setTimeout(resolve, 100))]);
  expect(early).toBeUndefined();
  next.end();
  (await third).end();
});

test('followers of one lane look one by one', async () => {
  const first = await takeTurn(path, never, 10_000);
  let looking = 0;
  let most = 0;
  const follow = async () => {
    const turn = await takeTurn(path, () => true, 10_000);
    most = Math.max(most, ++looking);
    await new Promise((resolve) => setTimeout(resolve, 5));
    looking--;
    turn.end();
  };
  await Promise.all(Array.from({ length: 8 }, follow));
  expect(most).toBe(1); // one process, so one lane
  first.end();
});

test('whose time is over goes on all the same', async () => {
  const first = await takeTurn(path, never, 10_000);
  expect((await takeTurn(path, never, 50)).waited).toBe(true);
  first.end();
});
