import { chmodSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { needs } from '../support/needs';
import { newHome, runZsp } from '../support/zsp';
import { makeKeyId, makeSecret } from './made-up';

const id = makeKeyId('AKIA', '111122223333');
const secret = makeSecret('a');
const temporary = makeKeyId('ASIA', '444455556666');
const pair = `aws_access_key_id = ${id}\naws_secret_access_key = ${secret}\n`;

let home = newHome();
afterEach(() => {
  home.cleanup();
  home = newHome();
});

const scan = (args: readonly string[], env = {}) =>
  runZsp(['keys', 'scan', ...args], { env: { ...home.env, ...env }, cwd: home.path });

async function scanJson(args: readonly string[], env = {}) {
  const run = await scan([...args, '--json'], env);
  const { findings, files, skipped } = JSON.parse(run.stdout);
  return { ...run, findings: findings as readonly Readonly<Record<string, unknown>>[], files, skipped };
}

describe('zsp keys scan PATH', () => {
  test('tells place, kind, account and age, and never the secret', async () => {
    home.write('work/config.ini', `# mine\n${pair}`);
    const { status, stdout, stderr } = await scan(['work']);
    expect(status).toBe(10);
    expect(stdout.split('\n')[1]).toMatch(
      new RegExp(`^work/config.ini:2 +${id} +access key +111122223333 +beside it +today$`),
    );
    expect(stderr).toContain('looked at 1 file');
    expect(stderr).toContain('zsp: 1 AWS key found\nzsp: hint: ');
    expect(stdout + stderr).not.toContain(secret.slice(0, 8));
  });

  test('finds nothing in a clean tree, and says so', async () => {
    home.write('work/readme.md', 'Use AKIAIOSFODNN7EXAMPLE here.\n');
    expect(await scan(['work'])).toEqual({
      status: 0,
      stdout: '✓ No AWS key found.\n',
      stderr: 'zsp looked at 1 file.\n',
    });
  });

  test('looks into ignored and hidden files, and at a file named by itself', async () => {
    home.write('work/.gitignore', 'secrets\n');
    home.write('work/secrets/.hidden/key', id);
    const { findings } = await scanJson(['work', 'work/secrets/.hidden/key']);
    expect(findings.map(({ place }) => place)).toEqual([join('work', 'secrets', '.hidden', 'key')]);
  });

  test('a temporary key without its secret is told, and is no reason to fail', async () => {
    home.write('work/log', `signed with ${temporary}`);
    const { status, findings } = await scanJson(['work']);
    expect(status).toBe(0);
    expect(findings).toMatchObject([{ kind: 'temporary', accountId: '444455556666', withSecret: false }]);
    home.write('work/log', `${temporary} ${secret}`);
    expect((await scanJson(['work'])).status).toBe(10);
  });

  test('passes over binaries and large files, and counts them', async () => {
    home.write('work/program', `\0${id}`);
    home.write('work/dump', `${id}\n${'x'.repeat(5 * 1024 * 1024)}`);
    home.write('work/almost', `${'x'.repeat(5 * 1024 * 1024 - 21)}\n${id}`);
    const { findings, files, skipped } = await scanJson(['work']);
    expect(findings.map(({ place }) => place)).toEqual([join('work', 'almost')]);
    expect({ files, skipped }).toEqual({ files: 3, skipped: { links: 0, binary: 1, tooLarge: 1, unreadable: 0 } });
  });

  const posix = needs('posix');
  test.skipIf(posix.skip)(`goes round no loop, and follows links that lead out${posix.why}`, async () => {
    home.write('elsewhere/key', id);
    mkdirSync(join(home.path, 'work/deep'), { recursive: true });
    for (const [link, target] of [
      ['work/deep/up', '..'],
      ['work/self', 'self'],
      ['work/gone', 'nowhere'],
      ['work/out', '../elsewhere'],
      ['work/out-again', '../elsewhere'],
      ['elsewhere/back', '../work'],
    ] as const) {
      symlinkSync(target, join(home.path, link));
    }
    const { findings, files, skipped } = await scanJson(['work']);
    expect(findings).toHaveLength(1);
    expect(files).toBe(1);
    expect(skipped.links).toBe(5);
  });

  const notRoot = needs('posix', 'not-root');
  test.skipIf(notRoot.skip)(`counts what it may not read${notRoot.why}`, async () => {
    chmodSync(home.write('work/key', id), 0);
    expect((await scanJson(['work'])).skipped).toMatchObject({ unreadable: 1 });
  });

  test('what is not there is a mistake', async () => {
    const { status, stderr } = await scan(['nowhere']);
    expect(status).toBe(2);
    expect(stderr).toContain('there is no file or directory "nowhere"');
  });

  test('a name with escapes reaches no terminal', async () => {
    home.write('work/\u001b[31mred', id);
    expect((await scan(['work'])).stdout).not.toContain('\u001b');
  });
});

describe('zsp keys scan', () => {
  test.each([
    ['.aws/credentials', `[default]\n${pair}`],
    ['.aws/config', `[default]\n${pair}`],
    ['.bashrc', `export AWS_ACCESS_KEY_ID=${id}\n`],
    ['.zsh_history', `: 1700000000:0;AWS_ACCESS_KEY_ID=${id} aws s3 ls\n`],
    ['.npmrc', `//registry/:_authToken=${id}\n`],
    ['.s3cfg', `access_key = ${id}\n`],
    ['.boto', `aws_access_key_id = ${id}\n`],
    ['.config/rclone/rclone.conf', `access_key_id = ${id}\n`],
    ['.docker/config.json', `{"auths":{"x":{"username":"${id}"}}}`],
    ['.kube/config', `env:\n- name: AWS_ACCESS_KEY_ID\n  value: ${id}\n`],
  ])('looks into ~/%s', async (path, text) => {
    home.write(path, text);
    const { status, findings } = await scanJson([]);
    expect(status).toBe(10);
    expect(findings).toMatchObject([{ place: join(home.path, path), in: 'file', accessKeyId: id }]);
  });

  test('looks at the environment', async () => {
    const { findings, stdout } = await scanJson([], { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret });
    expect(findings).toMatchObject([{ place: 'AWS_ACCESS_KEY_ID', in: 'environment', withSecret: true }]);
    expect(stdout).not.toContain(secret);
  });

  test('looks where the environment says that files are', async () => {
    const elsewhere = home.write('elsewhere', pair);
    expect((await scanJson([], { AWS_SHARED_CREDENTIALS_FILE: elsewhere })).findings).toHaveLength(1);
  });
});

describe('zsp keys scan --sarif', () => {
  test('has what SARIF 2.1.0 requires, with paths of the repository', async () => {
    home.write('src/a b.ts', `'${id}'`);
    home.write('src/log', temporary);
    const { status, stdout } = await scan(['.', '--sarif']);
    expect(status).toBe(10);
    const { $schema, version, runs } = JSON.parse(stdout);
    expect({ $schema, version }).toEqual({
      $schema: expect.stringMatching(/^https:.*sarif-2\.1\.0/),
      version: '2.1.0',
    });
    const [{ tool, results }] = runs;
    expect(tool.driver).toMatchObject({ name: 'zsp', version: expect.stringMatching(/^\d/) });
    const ids = tool.driver.rules.map((rule: { id: string }) => rule.id);
    for (const result of results) {
      expect(result.message.text).toEqual(expect.any(String));
      expect(ids[result.ruleIndex]).toBe(result.ruleId);
      expect(['error', 'warning', 'note']).toContain(result.level);
    }
    expect(results[0]).toMatchObject({
      level: 'warning',
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: 'src/a%20b.ts', uriBaseId: '%SRCROOT%' },
            region: { startLine: 1, startColumn: 2 },
          },
        },
      ],
    });
    expect(results[1]).toMatchObject({ ruleId: 'aws-temporary-key', level: 'note' });
  });

  test('names files outside the directory by their URL', async () => {
    const outside = newHome();
    const file = outside.write('key', `${id} ${secret}`);
    const { stdout } = await scan([file, '--sarif']);
    outside.cleanup();
    const [{ results }] = JSON.parse(stdout).runs;
    expect(results).toMatchObject([
      {
        level: 'error',
        locations: [{ physicalLocation: { artifactLocation: { uri: expect.stringMatching(/^file:\/\/\//) } } }],
      },
    ]);
    expect(stdout).not.toContain(secret.slice(0, 8));
  });
});
