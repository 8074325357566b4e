import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { needs } from '../support/needs';
import { type Home, launcher, newHome, run, runZsp } from '../support/zsp';

let home: Home;

const profile = (name: string, role: string) =>
  `[profile ${name}]\nzsp_sso_session = corp\nzsp_sso_account_id = 111122223333\nzsp_sso_role_name = ${role}\n`;

beforeAll(async () => {
  home = newHome();
  home.write(
    '.aws/config',
    `[sso-session corp]\nsso_region = eu-west-1\n[profile other]\nregion = x\n${profile('dev', 'Developer')}${profile('deploy', 'Admin')}` +
      profile(`"$(touch ${home.path}/owned) it's"`, 'Admin'),
  );
  home.write('bin/zsp', `#!/bin/sh\nexec '${process.execPath}' '${launcher}' "$@"\n`);
  await run('chmod', ['+x', join(home.path, 'bin/zsp')], { env: home.env });
  for (const shell of ['bash', 'zsh', 'fish', 'powershell']) {
    const { status, stdout } = await runZsp(['completion', shell], { env: home.env });
    expect(status).toBe(0);
    writeFileSync(join(home.path, `completion.${shell}`), stdout);
  }
});
afterAll(() => home.cleanup());

const env = () => ({ ...home.env, PATH: `${join(home.path, 'bin')}:${home.env.PATH}` });

/** What each shell offers for a line whose last word is being typed. */
const shells = {
  async bash(words: readonly string[]) {
    const program =
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is bash's
      'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); compopt() { :; }; _zsp zsp; printf "%s\\n" "${COMPREPLY[@]}"';
    const { stdout } = await run('bash', ['-c', program, 'bash', join(home.path, 'completion.bash'), ...words], {
      env: env(),
    });
    return stdout.split('\n').filter(Boolean);
  },
  async zsh(words: readonly string[]) {
    // compadd is what a completion function answers with; here it answers to us.
    const program =
      'compdef() { :; }; source "$1"; shift; words=("$@"); CURRENT=$#; compadd() { shift; print -rl -- "$@"; }; _files() { :; }; _zsp';
    const { stdout } = await run('zsh', ['-fc', program, 'zsh', join(home.path, 'completion.zsh'), ...words], {
      env: env(),
    });
    return stdout.split('\n').filter((word) => word.startsWith(words.at(-1) ?? '') && word !== '');
  },
  async fish(words: readonly string[]) {
    const line = words.join(' ');
    const program = `source ${join(home.path, 'completion.fish')}; complete -C ${JSON.stringify(line)}`;
    const { stdout } = await run('fish', ['-N', '-c', program], { env: env() });
    return stdout
      .split('\n')
      .filter(Boolean)
      .map((word) => word.split('\t')[0] ?? '');
  },
};

const cases: readonly [words: readonly string[], offered: readonly string[]][] = [
  [
    ['zsp', 'lo'],
    ['login', 'logout'],
  ],
  [
    ['zsp', 'configure', 's'],
    ['sso', 'set'],
  ],
  [
    ['zsp', 'whoami', 'de'],
    ['dev', 'deploy'],
  ],
  [['zsp', 'assume', 'dev', '--profile', 'dev'], ['dev']],
  [['zsp', 'login', 'c'], ['corp']],
  [['zsp', 'login', '--q'], ['--qr']],
  [['zsp', 'configure', 'role', 'x', '--print-trust', 'c'], ['cloudformation']],
  [
    ['zsp', 'configure', 'profiles', '--roles', ''],
    ['Developer', 'Admin'],
  ],
  [['zsp', 'assume', 'dev', '--reason', 'd'], []],
];

describe.each(['bash', 'zsh', 'fish'] as const)('%s', (shell) => {
  const it = needs(shell);

  test.skipIf(it.skip).each(cases)(`completes %j with %j${it.why}`, async (words, offered) => {
    expect((await shells[shell](words)).sort()).toEqual([...offered].sort());
  });

  test.skipIf(it.skip)(`never runs what a profile is called${it.why}`, async () => {
    const offered = await shells[shell](['zsp', 'whoami', '']);
    expect(offered.join(' ')).toContain('touch');
    const { stdout } = await run('ls', [home.path], { env: home.env });
    expect(stdout).not.toContain('owned');
  });
});

test('the PowerShell script knows the same', async () => {
  const { stdout } = await runZsp(['completion', 'powershell'], { env: home.env });
  expect(stdout).toContain("'configure role|--source' = '@profiles'");
});

const pwsh = needs('pwsh');
test.skipIf(pwsh.skip)(`PowerShell completes a profile${pwsh.why}`, async () => {
  const program = `. '${join(home.path, 'completion.powershell')}'; (TabExpansion2 'zsp whoami dep' 14).CompletionMatches.CompletionText`;
  const { stdout } = await run('pwsh', ['-NoProfile', '-Command', program], { env: env() });
  expect(stdout.trim()).toBe('deploy');
});

describe('zsp complete', () => {
  test.each([['profiles'], ['sessions'], ['roles'], ['accounts'], ['nonsense'], []])(
    '%s says nothing where there is no config file',
    async (...kind) => {
      const empty = newHome();
      expect(await runZsp(['complete', ...kind], { env: empty.env })).toEqual({ status: 0, stdout: '', stderr: '' });
      empty.cleanup();
    },
  );

  test('loads neither the network, the keychain nor the parser of flags', async () => {
    const program = `process.argv.splice(1, 1, 'x'); process.argv = [process.argv[0], 'zsp', 'complete', 'profiles']; require(${JSON.stringify(join(launcher, '..', '..', 'dist', 'entry.js'))}); process.on('exit', () => console.error(Object.keys(require.cache).concat(process.moduleLoadList.filter((name) => / (tls|http|dns)$/.test(name))).join('\\n')))`;
    const { stdout, stderr } = await run(process.execPath, ['-e', program], { env: home.env });
    expect(stdout).toContain('deploy');
    expect(stderr).not.toMatch(/commander|zod|keyring|NativeModule (tls|http|dns)/);
  });

  test('answers in under 100 ms, beyond what an empty Node takes', async () => {
    const time = async (args: readonly string[]) => {
      const times: number[] = [];
      for (let turn = 0; turn < 5; turn += 1) {
        const started = performance.now();
        await run(process.execPath, args, { env: home.env });
        times.push(performance.now() - started);
      }
      return Math.min(...times);
    };
    expect((await time([launcher, 'complete', 'profiles'])) - (await time(['-e', '0']))).toBeLessThan(70);
  });
});
