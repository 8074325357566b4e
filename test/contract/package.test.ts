import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { needs } from '../support/needs';
import { newHome, run } from '../support/zsp';

const tools = needs('posix', 'mandoc');

// Without its dependencies, which only a registry could give: what is looked at is where npm puts things.
test.skipIf(tools.skip)(
  `a global installation brings the command and its man page${tools.why}`,
  { timeout: 60_000 },
  async () => {
    const home = newHome();
    try {
      const cwd = home.path;
      const does = async (program: string, ...args: readonly string[]) => {
        const { status, stdout, stderr } = await run(program, args, { env: home.env, cwd, timeout: 60_000 });
        expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
        return stdout;
      };
      const root = join(__dirname, '..', '..');
      const tarball = (await does('npm', 'pack', root, '--ignore-scripts', '--silent')).trim();
      await does('tar', '-xzf', tarball);
      const manifest = join(cwd, 'package', 'package.json');
      const { dependencies, devDependencies, scripts, ...rest } = JSON.parse(readFileSync(manifest, 'utf8'));
      expect(Object.keys(dependencies)).toContain('commander');
      writeFileSync(manifest, JSON.stringify(rest));
      await does(
        'npm',
        'install',
        '--global',
        '--prefix',
        cwd,
        '--install-links',
        '--offline',
        '--silent',
        './package',
      );

      expect(await does(join(cwd, 'bin', 'zsp'), 'status', '--prompt')).toBe('');
      const page = join(cwd, 'share', 'man', 'man1', 'zsp.1');
      expect(existsSync(page)).toBe(true);
      const text = (await does('mandoc', '-T', 'ascii', page)).replace(/.\x08/g, '');
      expect(text).toMatch(/^ZSP\(1\)[\s\S]*^EXIT STATUS$[\s\S]*^FILES$/m);
    } finally {
      home.cleanup();
    }
  },
);
