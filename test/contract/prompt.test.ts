import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openScene, type Scene } from '../elevation/scene';
import { needs, onPath } from '../support/needs';
import { openTerminal, type Terminal } from '../support/terminal';
import { launcher } from '../support/zsp';

/** What docs/prompt.md tells people to paste, in the shells themselves. */

const page = readFileSync(join(__dirname, '..', '..', 'docs', 'prompt.md'), 'utf8');
const snippet = (shell: string) =>
  new RegExp(`^\\*\\*${shell}\\*\\*.*\\n\\n\`\`\`\\w+\\n([^\`]*)`, 'm').exec(page)?.[1] ?? '';

let scene: Scene;
let terminal: Terminal | undefined;
beforeAll(async () => {
  scene = await openScene();
  chmodSync(scene.home.write('bin/zsp', `#!/bin/sh\nexec '${process.execPath}' '${launcher}' "$@"\n`), 0o700);
});
afterEach(async () => {
  terminal?.close();
  await scene.zsp('drop', '--all');
});
afterAll(() => scene?.close());

const shells = [
  {
    shell: 'bash',
    file: '.bashrc',
    before: "PS1='here '\n",
    args: ['-i'],
    shown: /^\[admin:(60|59)m\] here/m,
    without: /^here/m,
  },
  {
    shell: 'zsh',
    file: '.zshrc',
    before: "PROMPT='here '\n",
    args: ['-i'],
    shown: /^admin:(60|59)m here/m,
    without: /^ here/m,
  },
  {
    shell: 'fish',
    file: '.config/fish/functions/fish_right_prompt.fish',
    before: '',
    args: ['-i', '-C', 'function fish_prompt; echo "here "; end'],
    shown: /^here .* admin:(60|59)m$/m,
    without: /^here/m,
  },
] as const;

test.each(shells)(
  '$shell shows what is elevated, and nothing else',
  async ({ shell, file, before, args, ...looks }) => {
    const { skip, why } = needs('tmux', shell);
    if (skip) return expect(why).toContain('needs');
    scene.home.write(file, `${before}${snippet(shell)}`);
    const env = { ...scene.home.env, PATH: `${join(scene.home.path, 'bin')}:${process.env.PATH}`, USER: 'alice' };
    const open = () => openTerminal([onPath(shell) ?? shell, ...args], { env, columns: 60, rows: 8 });
    terminal = open();
    expect(await terminal.shows(looks.without)).not.toContain('admin');
    await scene.zsp('assume', 'admin', '--duration', '1h');
    terminal.keys('Enter');
    await terminal.shows(looks.shown);
  },
);
