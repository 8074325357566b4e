import { printable } from './sanitize';

interface Output {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

export interface Progress {
  /** Says what is being waited for now. */
  update(text: string): void;
  /** Takes the line away again. */
  end(): void;
}

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const clearLine = '\r\x1b[2K';

/** One line that says what zsp is waiting for: on a terminal only, and gone when the waiting ends. */
export function startProgress(output: Output, text: string, env: { readonly TERM?: string | undefined }): Progress {
  if (!output.isTTY || env.TERM === 'dumb') return { update: () => {}, end: () => {} };
  let current = text;
  let frame = 0;
  const draw = () => {
    const shown = printable(current, Math.max(10, (output.columns ?? 80) - 3));
    output.write(`${clearLine}${frames[frame++ % frames.length]} ${shown}`);
  };
  draw();
  const timer = setInterval(draw, 100);
  timer.unref();
  return {
    update(next) {
      current = next;
      draw();
    },
    end() {
      clearInterval(timer);
      output.write(clearLine);
    },
  };
}
