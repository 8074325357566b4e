import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { exitStatus } from '../src/errors';

const root = join(__dirname, '..');
const folder = join(root, 'docs');
const pages = ['README.md', ...readdirSync(folder).flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : []))];
const read = (page: string) => readFileSync(join(root, page), 'utf8');

/** A heading's anchor, as GitHub makes it. */
const anchors = (text: string) =>
  [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-'),
  );

describe('troubleshooting', () => {
  test.each(Object.entries(exitStatus))('has a section on %s and its exit status %i', (code, status) => {
    const text = read('docs/troubleshooting.md');
    expect(anchors(text)).toContain(code);
    expect(text).toContain(`| ${status} | [${code}](#${code}) |`);
  });
});

describe('docs', () => {
  test.each(pages)('%s links to pages and sections that exist', (page) => {
    const links = [...withoutCode(read(page)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
    const broken = links.filter((link) => {
      if (/^[a-z]+:/.test(link)) return false;
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? page : join(dirname(page), path);
      if (!existsSync(join(root, target))) return true;
      return anchor !== undefined && !anchors(read(target)).includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  const manual = readFileSync(join(root, 'dist', 'zsp.1'), 'utf8').replaceAll('\\-', '-');
  const verbs = new Set([...manual.matchAll(/^\.B zsp ([a-z-]+)/gm)].map(([, verb]) => verb));
  const global = ['--help', '--version', '--no-color', '--plain'];

  test.each(pages)('%s tells only of verbs and flags that exist', (page) => {
    const wrong = commandsIn(read(page)).filter((command) => {
      const [words = '', verb = ''] = /^zsp ([a-z][a-z-]*)?.*?(?= -- | #|[`|]|$)/.exec(command) ?? [];
      const flags = [...words.matchAll(/(?<= )--[a-z][a-z-]+/g)].map(([flag]) => flag);
      return (
        (verb !== '' && !verbs.has(verb)) || flags.some((flag) => !global.includes(flag) && !manual.includes(flag))
      );
    });
    expect(wrong).toEqual([]);
  });
});

const withoutCode = (text: string) => text.replace(/^```.*?^```/gms, '');

/** What a reader would paste: lines of code blocks, and code in a sentence, that start with zsp. */
function commandsIn(text: string): readonly string[] {
  const blocks = [...text.matchAll(/^```\w*\n(.*?)^```/gms)].flatMap(([, block = '']) => block.split('\n'));
  const sentences = [...withoutCode(text).matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);
  const said = 'zsp has no such key';
  return [...blocks, ...sentences]
    .map((line) => line.replace(/^\$ /, ''))
    .filter((line) => /^zsp [a-z-]/.test(line) && line !== said);
}
