import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { terminalPrompt } from '../../src/terminal/prompt';
import { needs } from '../support/needs';
import { newHome } from '../support/zsp';

const pty = needs('linux', 'script');
const room = join(__dirname, '..', '..', 'dist', 'terminal', 'prompt.js');

/** Asks on a real terminal, then says how it went and whether the terminal echoes again. */
const asker = (question: string) => `
  const { terminalPrompt } = require(${JSON.stringify(room)});
  const { execFileSync } = require('node:child_process');
  const { openSync, writeFileSync } = require('node:fs');
  const prompt = terminalPrompt({ input: process.stdin, output: process.stderr });
  const show = (text) => {
    const modes = execFileSync('stty', ['-a'], { stdio: [openSync('/dev/tty', 'r'), 'pipe', 'inherit'] }).toString();
    const echo = /(^|\\s)echo(\\s|;)/.test(modes) ? 'echo' : 'silent';
    writeFileSync(process.env.RESULT, text + '|' + echo);
    process.exit();
  };
  prompt.${question}.then((answer) => show(JSON.stringify(answer?.open ? answer.open() : answer)), (e) => show(e.code + ''));
`;

interface Talk {
  readonly screen: string;
  readonly result: string;
}

/** Runs the asker under a pseudo-terminal; each of `keys` is typed when the question is on a new line of the screen. */
function talk(question: string, keys: string | readonly string[], redirect = ''): Promise<Talk> {
  const answers = [keys].flat();
  const home = newHome();
  const result = join(home.path, 'result');
  const script = home.write('asker.js', asker(question));
  return new Promise((resolve, reject) => {
    const child = spawn('script', ['-qec', `"${process.execPath}" "${script}" ${redirect}`, '/dev/null'], {
      env: { ...home.env, RESULT: result, SHELL: '/bin/sh', TERM: 'xterm' },
      stdio: ['pipe', 'pipe', 'inherit'],
      timeout: 20_000,
    });
    let screen = '';
    let typed = 0;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      screen += text;
      const asked = screen.split('\n').filter((line) => line.includes('? ')).length;
      if (asked > typed) child.stdin.write(answers[typed++] ?? '\x03');
    });
    child.on('error', reject);
    child.on('close', () => {
      resolve({ screen, result: existsSync(result) ? readFileSync(result, 'utf8') : 'no answer' });
      home.cleanup();
    });
  });
}

describe.skipIf(pty.skip)(`prompt${pty.why}`, () => {
  test.each([
    ['y', 'y\r', 'true|echo'],
    ['no', 'no\r', 'false|echo'],
    ['Enter alone', '\r', 'true|echo'],
    ['something else, then no', ['what\r', 'n\r'], 'false|echo'],
    ['Ctrl-C', '\x03', 'interrupted|echo'],
    ['Ctrl-D', '\x04', 'interrupted|echo'],
  ])('confirm: %s', async (_, keys, expected) => {
    expect((await talk(`confirm('Go on?', true)`, keys)).result).toBe(expected);
  });

  test('a line is given back as typed', async () => {
    expect((await talk(`line('Start URL?')`, 'https://corp.awsapps.com/start\r')).result).toBe(
      '"https://corp.awsapps.com/start"|echo',
    );
  });

  test.each([
    ['a passphrase', 'correct horse\r', '"correct horse"|echo'],
    ['accents and emoji', 'pâss🔑\r', '"pâss🔑"|echo'],
    ['a mistake taken back', 'corrwx\x7f\x7fect\r', '"correct"|echo'],
    ['a fresh start with Ctrl-U', 'wrong\x15right\r', '"right"|echo'],
    ['arrow keys', 'a\x1b[Db\r', '"ab"|echo'],
    ['Ctrl-C in the middle', 'corr\x03', 'interrupted|echo'],
    ['Ctrl-D', '\x04', 'interrupted|echo'],
  ])('passphrase: %s; the terminal echoes again', async (_, keys, expected) => {
    expect((await talk(`passphrase('Passphrase?')`, keys)).result).toBe(expected);
  });

  test('a passphrase is not shown while it is typed', async () => {
    const { screen, result } = await talk(`passphrase('Passphrase?')`, 'correct horse\r');
    expect(result).toContain('correct horse');
    expect(screen).not.toContain('correct');
  });

  test('a passphrase is asked on the terminal where stdin and stderr lead elsewhere', async () => {
    const talked = await talk(`passphrase('Passphrase?')`, 'correct horse\r', '</dev/null 2>/dev/null');
    expect(talked.result).toBe('"correct horse"|echo');
    expect(talked.screen).not.toContain('correct');
  });
});

describe('without a terminal', () => {
  const pipes = { input: { isTTY: false }, output: { isTTY: false } } as unknown as Parameters<
    typeof terminalPrompt
  >[0];

  test('nobody can answer', () => {
    expect(terminalPrompt(pipes).interactive).toBe(false);
  });
});
