import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { hasAll, likeliest } from '../../src/terminal/fuzzy';
import { pickByNumber } from '../../src/terminal/picker';
import { textWidth } from '../../src/terminal/width';
import { needs } from '../support/needs';
import { newHome } from '../support/zsp';

const names = ['dev', 'production-admin', 'production-readonly', 'sandbox-admin', '開発-admin'];
const likely = (query: string) => likeliest(query, names, (name) => name);

describe('a few letters', () => {
  test.each([
    ['', names],
    ['prod adm', ['production-admin']],
    ['adm', ['production-admin', 'sandbox-admin', '開発-admin']],
    ['ADMIN SAND', ['sandbox-admin']],
    ['開', ['開発-admin']],
    ['pdn', ['production-admin', 'production-readonly']],
    ['only', ['production-readonly']],
    ['xyz', []],
  ])('%j mean %j', (query, expected) => {
    expect(likely(query)).toEqual(expected);
  });

  test('mean the start of a part before its middle, and its middle before scattered letters', () => {
    expect(likeliest('ad', ['a-b-d', 'road', 'x-admin'], (name) => name)).toEqual(['x-admin', 'road', 'a-b-d']);
  });

  test('scattered are not enough where nobody looks', () => {
    expect(hasAll('production-admin', ['pdn'])).toBe(false);
    expect(hasAll('production-admin', ['ADM', 'prod'])).toBe(true);
  });
});

describe('a numbered list', () => {
  const choices = names.map((name) => ({ name, detail: () => 'a role' }));

  test('takes a part of a name, then its number', async () => {
    const said: string[] = [];
    const answers = ['adm', '9', '2'];
    const ask = async () => answers.shift() ?? Promise.reject(new Error('asked once too often'));
    const { name } = await pickByNumber({ title: 'Which?', choices, query: '' }, (line) => said.push(line), ask);
    expect(name).toBe('sandbox-admin');
    expect(said.slice(0, 2)).toEqual(['1: dev, a role', '2: production-admin, a role']);
    expect(said).toContain('There is no such name, and no such number.');
  });
});

const pty = needs('linux', 'script');
const room = join(__dirname, '..', '..', 'dist', 'terminal', 'picker.js');

/** Types each of `keys` once the list stands, and gives what was chosen and how the terminal is left. */
function choose(keys: readonly string[], columns = 80, later = ''): Promise<{ screen: string; result: string }> {
  const home = newHome();
  const script = home.write(
    'chooser.js',
    `const { pick } = require(${JSON.stringify(room)});
    const { execFileSync } = require('node:child_process');
    const choices = ${JSON.stringify(names)}.map((name) => ({ name, detail: () => 'Administrator in an account with a long name' }));
    const picking = { title: 'Which profile?', choices, query: '' };
    const show = (text) => {
      const modes = execFileSync('stty', ['-a'], { stdio: ['inherit', 'pipe', 'inherit'] }).toString();
      console.log('RESULT ' + text + (/ echo /.test(modes) ? ' echo' : ' silent'));
    };
    if (process.argv[2]) {
      const role = { name: 'Production/Admin', also: '444455556666', detail: () => '' };
      const left = picking.choices.filter(({ name }) => process.argv[2] === 'later' || name !== 'dev');
      const all = [role, ...left.toReversed()];
      picking.later = new Promise((tell) => setTimeout(tell, 300, all));
    }
    pick({ input: process.stdin, output: process.stderr }, picking, false).then(({ name }) => show(name), (error) => show(error.code));`,
  );
  return new Promise((resolve, reject) => {
    const command = `stty cols ${columns} rows 24; "${process.execPath}" "${script}" ${later}`;
    const child = spawn('script', ['-qec', command, '/dev/null'], {
      env: { ...home.env, SHELL: '/bin/sh', TERM: 'xterm' },
      stdio: ['pipe', 'pipe', 'inherit'],
      timeout: 20_000,
    });
    let screen = '';
    let typed = 0;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      screen += text;
      if (screen.split('Which profile?').length - 1 > typed) child.stdin.write(keys[typed++] ?? '\x03');
    });
    child.on('error', reject);
    child.on('close', () => {
      resolve({ screen, result: /RESULT (.*)\r/.exec(screen)?.[1] ?? 'no answer' });
      home.cleanup();
    });
  });
}

describe.skipIf(pty.skip)(`the list on a terminal${pty.why}`, () => {
  test.each([
    ['Enter takes the first', ['\r'], 'dev echo'],
    ['arrows move', ['\x1b[B', '\x1b[B', '\x1b[A', '\r'], 'production-admin echo'],
    ['letters narrow it', ['sand', '\r'], 'sandbox-admin echo'],
    ['what was typed can be taken back', ['sandx', '\x7f', '\r'], 'sandbox-admin echo'],
    ['Enter on nothing waits', ['xyz', '\r', '\x15', '\r'], 'dev echo'],
    ['Ctrl-C leaves', ['\x03'], 'interrupted echo'],
    ['Escape leaves', ['\x1b'], 'interrupted echo'],
  ])('%s', async (_, keys, expected) => {
    expect((await choose(keys)).result).toBe(expected);
  });

  // Drawn at once, and again when all are known: Enter waits for the second.
  test.each([
    ['the cursor stays where it was', ['', '\r'], 'dev echo'],
    ['and they can be chosen', ['', '4444', '\r'], 'Production/Admin echo'],
  ])('choices that come later replace the first: %s', async (_, keys, expected) => {
    const { screen, result } = await choose(keys, 80, 'later');
    expect(result).toBe(expected);
    expect(screen).toMatch(/5 of 5, looking for more[\s\S]*6 of 6; arrows, Enter; Esc leaves\r/);
  });

  test('Enter chooses nothing where what it was meant for is gone', async () => {
    expect((await choose(['', '\r', '\x03'], 80, 'gone')).result).toBe('interrupted echo');
    expect((await choose(['', '\x1b[B', '\r'], 80, 'gone')).result).toBe('Production/Admin echo');
  });

  test('no line is wider than a narrow terminal, wide characters counted', async () => {
    const { screen, result } = await choose(['\r'], 40);
    expect(result).toBe('dev echo');
    const lines =
      screen
        .split('Which profile?')[0]
        ?.replace(/\x1b\[\w/g, '')
        .split('\r\n') ?? [];
    expect(lines.filter((line) => line.includes('Administrator'))).toHaveLength(names.length);
    expect(lines.filter((line) => textWidth(line) > 40)).toEqual([]);
  });
});
