import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** An AWS that is not ours. Needs moto. */
export interface Moto {
  readonly url: string;
  stop(): void;
}

/** @param settings of moto, which reads them from its environment */
export async function startMoto(settings: Readonly<Record<string, string>> = {}): Promise<Moto> {
  const port = await freePort();
  const env = { ...process.env, ...settings };
  const server = spawn('moto_server', ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore', env });
  for (let tries = 0; !(await listens(port)); tries += 1) {
    if (tries > 200) throw new Error('moto did not start');
    await sleep(100);
  }
  return { url: `http://127.0.0.1:${port}`, stop: () => void server.kill() };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}
