import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { handOver } from '../../src/terminal/handover';

const secretUrl = 'https://signin.aws.amazon.com/federation?SigninToken=secret';

test('a browser that asks is sent on; one that cannot start is none', async () => {
  let answer: Response | undefined;
  const opened = await handOver(secretUrl, async (url) => {
    answer = await fetch(url, { redirect: 'manual' });
    return true;
  });
  expect(opened).toBe(true);
  expect(answer?.status).toBe(302);
  expect(answer?.headers.get('location')).toBe(secretUrl);
  expect(await handOver(secretUrl, async () => false)).toBe(false);
});

test('a browser that came is one, though its starter ends with an error', async () => {
  const opened = await handOver(secretUrl, async (url) => {
    await fetch(url, { redirect: 'manual' });
    return false;
  });
  expect(opened).toBe(true);
});

test('whoever was half-way when the browser was sent on gets nothing, and stops nothing', async () => {
  let heard = '';
  const opened = await handOver(secretUrl, async (url) => {
    const { port, host, pathname } = new URL(url);
    const late = connect(Number(port), '127.0.0.1');
    late.setEncoding('utf8').on('data', (text: string) => {
      heard += text;
    });
    late.on('error', () => {});
    late.write(`GET ${pathname} HTTP/1.1\r\nHost`);
    await sleep(50);
    await fetch(url, { redirect: 'manual' });
    late.write(`: ${host}\r\n\r\n`);
    await sleep(50);
    return true;
  });
  expect(opened).toBe(true);
  expect(heard).toMatch(/^HTTP\/1\.1 404 /);
  expect(heard).not.toContain('SigninToken');
});
