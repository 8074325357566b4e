import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { childEnvironment } from '../../src/child/environment';
import { promptMark, type Subshell, subshell } from '../../src/child/subshell';
import { needs, onPath } from '../support/needs';
import { removeDirectory } from '../support/remove-directory';

let home: string;
let socket: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'zsp-home-'));
  socket = join(home, 'tmux');
});
afterEach(() => {
  try {
    tmux('kill-server');
  } catch {
    // No test's server may be running.
  }
  // A shell whose terminal was closed may still be writing its history.
  removeDirectory(home);
});

const tmux = (...args: readonly string[]) =>
  execFileSync('tmux', ['-S', socket, '-f', '/dev/null', ...args], {
    encoding: 'utf8',
    stdio: 'pipe',
    env: { PATH: process.env.PATH },
  });

/** Waits until the terminal shows what is expected, as its user would. */
async function screen(pattern: RegExp): Promise<string> {
  let shown = '';
  for (const end = Date.now() + 15_000; Date.now() < end; ) {
    shown = tmux('capture-pane', '-p');
    if (pattern.test(shown)) return shown;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`the terminal does not show ${pattern}:\n${shown}`);
}

function open(shell: Subshell, env: Readonly<Record<string, string>>): void {
  const whole = Object.entries({ ...env, ...shell.variables }).map(([name, value]) => `${name}=${value}`);
  tmux('new-session', '-d', '-x', '120', '-y', '30', 'env', '-i', ...whole, shell.command, ...shell.args);
}

const type = (line: string) => tmux('send-keys', line, 'Enter');

const startFiles = {
  bash: { '.bashrc': "PS1='mine$ '; alias hi='echo from-rc'\n" },
  'bash whose prompt is built anew each time': {
    '.bashrc': "PROMPT_COMMAND='PS1=\"mine\\$ \"'; alias hi='echo from-rc'\n",
  },
  'bash with a list of prompt commands': {
    '.bashrc': "PROMPT_COMMAND=(true 'PS1=\"mine\\$ \"'); alias hi='echo from-rc'\n",
  },
  zsh: { '.zshrc': "PS1='mine$ '; alias hi='echo from-rc'\n" },
  'zsh whose .zshenv moves ZDOTDIR': {
    '.zshenv': 'ZDOTDIR=$HOME/z\n',
    'z/.zshrc': "PS1='mine$ '; alias hi='echo from-rc'\n",
  },
  fish: {
    '.config/fish/config.fish':
      "set fish_greeting\nfunction fish_prompt; echo -n mine'$ '; end\nfunction hi; echo from-rc; end\n",
  },
} as const;

describe('a marked subshell', () => {
  for (const [title, files] of Object.entries(startFiles)) {
    const name = title.split(' ')[0] as 'bash' | 'zsh' | 'fish';
    const { skip, why } = needs('tmux', name);
    test.skipIf(skip)(
      `${title}: the mark stands before the user's own prompt, and nothing else changes${why}`,
      async () => {
        for (const [file, text] of Object.entries(files)) {
          mkdirSync(join(home, file, '..'), { recursive: true });
          writeFileSync(join(home, file), text);
        }
        const base = { HOME: home, PATH: process.env.PATH ?? '', TERM: 'xterm', SHELL: onPath(name) ?? '' };
        const shell = subshell('admin', base, 'linux');
        try {
          open(shell, childEnvironment(base, { ZSP_WINDOW: 'w-123', AWS_PROFILE: 'dev' }));
          await screen(/^\[zsp:admin\] mine\$ *$/m);
          type('hi; echo "w=$ZSP_WINDOW p=$AWS_PROFILE z=$ZDOTDIR."');
          const z = title.includes('ZDOTDIR') ? `${home}/z` : '';
          await screen(new RegExp(`^from-rc\\nw=w-123 p=dev z=${z}\\.\\n\\[zsp:admin\\] mine\\$ *$`, 'm'));
          type('false');
          type(name === 'fish' ? 'echo "status $status"' : 'echo "status $?"');
          expect(await screen(/^status \d/m)).toContain('status 1');
        } finally {
          shell.dispose();
        }
        expect(
          shell.args
            .concat(Object.values(shell.variables))
            .filter((one) => one.startsWith(tmpdir()))
            .some(existsSync),
        ).toBe(false);
      },
    );
  }

  test('writes its files for this user alone, and takes them away', () => {
    const shell = subshell('admin', { SHELL: '/bin/zsh' }, 'linux');
    const directory = shell.variables.ZDOTDIR ?? '';
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(readdirSync(directory).map((file) => statSync(join(directory, file)).mode & 0o777)).toEqual([0o600, 0o600]);
    shell.dispose();
    expect(existsSync(directory)).toBe(false);
  });

  test.each([
    ['a role with a path', 'team/admin', '[zsp:team/admin] '],
    ['an escape sequence', '\u001b]0;x\u0007', '[zsp:__0_x_] '],
    ['command substitution', '$(id)`id`', '[zsp:__id__id_] '],
    ["zsh's, bash's and PowerShell's own", '%n\\u\'"!', '[zsp:_n_u___] '],
    ['a long name', 'x'.repeat(90), `[zsp:${'x'.repeat(40)}] `],
  ])('puts no character into a prompt that a shell expands: %s', (_, label, mark) => {
    expect(promptMark(label)).toBe(mark);
  });

  test.each<[string, Parameters<typeof subshell>[1], NodeJS.Platform, string, boolean]>([
    ['no SHELL', {}, 'linux', '/bin/sh', false],
    ['a relative SHELL', { SHELL: 'evil' }, 'linux', '/bin/sh', false],
    ['another shell', { SHELL: '/bin/ksh' }, 'darwin', '/bin/ksh', false],
    ['cmd.exe', { ComSpec: 'C:\\Windows\\System32\\cmd.exe' }, 'win32', 'C:\\Windows\\System32\\cmd.exe', true],
    [
      'cmd.exe, which inherits the system modules of PowerShell',
      { ComSpec: 'C:\\Windows\\cmd.exe', PSModulePath: 'C:\\Program Files\\WindowsPowerShell\\Modules' },
      'win32',
      'C:\\Windows\\cmd.exe',
      true,
    ],
    [
      'Windows PowerShell',
      { ComSpec: 'C:\\cmd.exe', PSModulePath: 'C:\\Users\\a\\Documents\\WindowsPowerShell\\Modules;C:\\x' },
      'win32',
      'powershell.exe',
      true,
    ],
    ['PowerShell 7', { PSModulePath: 'C:\\Users\\a\\Documents\\PowerShell\\Modules;C:\\x' }, 'win32', 'pwsh.exe', true],
  ])('is the one the user has: %s', (_, env, platform, command, marked) => {
    const shell = subshell('admin', env, platform);
    shell.dispose();
    expect(shell).toMatchObject({ command, marked });
  });
});
