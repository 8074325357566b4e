// Makes the pictures of docs/images from the real program: zsp in a real terminal (tmux), on the AWS of the demo. Each is one
// SVG that is light or dark as its reader is. Usage: node bin/ready.mjs && node bin/screenshots.mjs [DIRECTORY]
import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const require = createRequire(import.meta.url);
const { startSandbox } = require('../dist/sandbox/server.js');
const { makeDemoHome } = require('../dist/sandbox/home.js');
const launcher = join(root, 'bin/zsp.js');

/** What is typed, what the screen shows when it is to be taken, and its columns. */
const pictures = [
  { name: 'status', line: 'zsp status', shows: /left, until/, columns: 76 },
  { name: 'list', line: 'zsp list', shows: /Production +4/, columns: 76 },
  { name: 'picker', line: 'zsp console', shows: /7 of 7;/, columns: 76 },
  { name: 'help', line: 'zsp --help', shows: /everywhere/, columns: 76 },
];
/** What the SVG calls the styles that zsp uses (ECMA-48 SGR). */
const names = { 1: 'bold', 2: 'dim', 31: 'red', 32: 'green', 33: 'yellow', 36: 'cyan' };
const colours = ['red', 'green', 'yellow', 'cyan'];

const wanted = process.argv[2] ? pictures : pictures.filter(({ name }) => ['status', 'picker'].includes(name));
const directory = process.argv[2] ?? join(root, 'docs/images');

const sandbox = await startSandbox({ autoApproveMs: 0 });
const home = makeDemoHome(sandbox.url, launcher);
const socket = join(home.path, 'tmux');
const tmux = (...args) => spawnSync('tmux', ['-S', socket, '-f', '/dev/null', ...args], { encoding: 'utf8' }).stdout;
try {
  await arrange();
  mkdirSync(directory, { recursive: true });
  for (const picture of wanted)
    writeFileSync(join(directory, `${picture.name}.svg`), svg(picture, await take(picture)));
} finally {
  tmux('kill-server');
  home.remove();
  await sandbox.close();
}

/** An hour at work. */
async function arrange() {
  const zsp = (...args) => promisify(execFile)(process.execPath, [launcher, ...args], { env: home.env });
  await zsp('login', '--no-browser');
  await zsp('list');
  await zsp('credential-process', '--profile', 'deploy');
  await zsp('assume', 'admin', '--duration', '15m', '--reason', 'ticket AB-1: repair the billing export');
}

/** The screen as tmux has it: text with the colours it was written in. */
async function take({ line, shows, columns }) {
  const prompt = join(home.path, '.prompt');
  writeFileSync(prompt, `PS1='\\[\\e[2m\\]$\\[\\e[0m\\] '\nzsp() { '${process.execPath}' '${launcher}' "$@"; }\n`);
  const env = Object.entries({ ...home.env, TERM: 'screen-256color' }).map(([name, value]) => `${name}=${value}`);
  const shell = ['env', '-i', ...env, 'bash', '--rcfile', prompt, '-i'];
  tmux('new-session', '-d', '-x', String(columns), '-y', '24', ...shell);
  const until = async (pattern) => {
    for (let tries = 0; tries < 100; tries += 1) {
      await sleep(100);
      if (pattern.test(tmux('capture-pane', '-p'))) return;
    }
    throw new Error(`never shown: ${pattern}\n${tmux('capture-pane', '-p')}`);
  };
  await until(/^\$/m);
  tmux('send-keys', '-l', line);
  tmux('send-keys', 'Enter');
  await until(shows);
  await sleep(300);
  const screen = tmux('capture-pane', '-p', '-e');
  tmux('kill-session');
  // The next prompt is no part of the picture.
  return screen.trimEnd().replace(/\n[^\n]*\$[^\n]*$/, '');
}

function svg({ name, columns }, screen) {
  const cell = { width: 8.4, height: 19 };
  const edge = 16;
  const lines = screen.split('\n');
  const [width, height] = [columns * cell.width + 2 * edge, lines.length * cell.height + 2 * edge];
  const text = lines.map((line, row) => {
    const spans = runs(line).map(({ text, style, at, cells }) => {
      const where = `x="${(edge + at * cell.width).toFixed(1)}" textLength="${(cells * cell.width).toFixed(1)}"`;
      return `<tspan ${where}${style ? ` class="${style}"` : ''}>${escaped(text)}</tspan>`;
    });
    return `<text y="${edge + (row + 0.75) * cell.height}">${spans.join('')}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width.toFixed(0)} ${height}" width="${width.toFixed(0)}" height="${height}" role="img" aria-label="zsp ${name} in a terminal">
<style>
text { font: 14px ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; white-space: pre; fill: #1f2328 }
rect { fill: #f6f8fa; stroke: #d1d9e0 }
.bold { font-weight: 600 } .dim { fill: #59636e } .red { fill: #c4202b } .green { fill: #1a7f37 } .yellow { fill: #8a5d00 } .cyan { fill: #1b6f85 }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 } rect { fill: #0d1117; stroke: #3d444d }
.dim { fill: #9198a1 } .red { fill: #ff7b72 } .green { fill: #3fb950 } .yellow { fill: #d9a72c } .cyan { fill: #56c2d6 }
}
</style>
<rect x="0.5" y="0.5" width="${(width - 1).toFixed(0)}" height="${height - 1}" rx="8"/>
${text.filter((line) => line.includes('tspan')).join('\n')}
</svg>
`;
}

/** Stretches of a line in one style, without the blanks between; what tmux writes is one column wide each. */
function runs(line) {
  const found = [];
  let style = new Set();
  let at = 0;
  for (const [, codes, text] of line.matchAll(/\x1b\[([\d;]*)m|([^\x1b]+)/g)) {
    if (codes !== undefined) style = next(style, codes);
    for (const [words, index] of pieces(text ?? '')) {
      found.push({ text: words, style: [...style].join(' '), at: at + index, cells: words.length });
    }
    at += (text ?? '').length;
  }
  return found;
}

function pieces(text) {
  return [...text.matchAll(/\S+(?: \S+)*/g)].map((match) => [match[0], match.index]);
}

function next(style, codes) {
  const after = new Set(style);
  for (const code of codes.split(';')) {
    if (code === '0' || code === '') after.clear();
    else if (code === '39') for (const colour of colours) after.delete(colour);
    else if (names[code]) after.add(names[code]);
  }
  return after;
}

function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
