import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { removeDirectory } from './remove-directory';

/** A real terminal: a tmux server of its own with one window. Needs tmux. */
export interface Terminal {
  /** Types text, or a key by tmux's name: `Enter`, `C-c`, `Down`. */
  keys(...keys: readonly string[]): void;
  /** Waits until the screen shows it. @returns the screen */
  shows(wanted: RegExp): Promise<string>;
  screen(): string;
  close(): void;
}

/** Starts a command in it; when it ends, the screen says `status:N`. */
export function openTerminal(
  command: readonly string[],
  {
    env,
    columns = 100,
    rows = 50,
  }: { env: Readonly<Record<string, string | undefined>>; columns?: number; rows?: number },
): Terminal {
  const directory = mkdtempSync(join(tmpdir(), 'zsp-tmux-'));
  const script = join(directory, 'run.sh');
  const quoted = (word: string) => `'${word.replaceAll("'", `'\\''`)}'`;
  const variables = Object.entries({ ...env, TERM: 'screen-256color' }).map(([name, value]) =>
    quoted(`${name}=${value ?? ''}`),
  );
  writeFileSync(
    script,
    `env -i ${variables.join(' ')} ${command.map(quoted).join(' ')}\necho "status:$?"\nexec sleep 600\n`,
  );
  const tmux = (...args: readonly string[]) =>
    spawnSync('tmux', ['-S', join(directory, 'socket'), '-f', '/dev/null', ...args], { encoding: 'utf8' }).stdout;
  tmux('new-session', '-d', '-x', String(columns), '-y', String(rows), 'sh', script);
  const screen = () => tmux('capture-pane', '-p', '-J');
  return {
    keys: (...keys) => void tmux('send-keys', ...keys),
    screen,
    async shows(wanted) {
      for (let tries = 0; tries < 200; tries += 1) {
        const seen = screen();
        if (wanted.test(seen)) return seen;
        await sleep(100);
      }
      throw new Error(`the terminal never showed ${wanted}:\n${screen()}`);
    },
    close() {
      tmux('kill-server');
      removeDirectory(directory);
    },
  };
}
