// Runs programs and takes their times.
import { spawn } from 'node:child_process';

/** Runs one program to its end. @returns what it wrote, and how long it took in milliseconds */
export function run([command, ...args], env) {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (text) => (stdout += text));
    child.stderr.on('data', (text) => (stderr += text));
    child.on('error', reject);
    child.on('close', (status) => {
      const milliseconds = performance.now() - started;
      if (status === 0) resolve({ stdout, stderr, milliseconds });
      else reject(new Error(`${command} ${args.join(' ')} ended with ${status}: ${stderr}`));
    });
  });
}

/** Takes turns, so that what else the machine does falls on all alike. @returns the median of each, by name */
export async function compare(subjects, rounds) {
  const times = new Map(Object.keys(subjects).map((name) => [name, []]));
  for (let round = -1; round < rounds; round++) {
    for (const [name, { program, env, before }] of Object.entries(subjects)) {
      await before?.();
      const { milliseconds } = await run(program, env);
      if (round >= 0) times.get(name).push(milliseconds);
    }
  }
  return new Map([...times].map(([name, all]) => [name, median(all)]));
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
