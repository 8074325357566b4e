interface Input {
  readonly isTTY?: boolean | undefined;
  setRawMode(on: boolean): unknown;
  on(event: 'data', listener: (keys: Buffer | string) => void): unknown;
  off(event: 'data', listener: (keys: Buffer | string) => void): unknown;
  resume(): unknown;
  pause(): unknown;
}

interface Output {
  readonly rows?: number | undefined;
  write(text: string): unknown;
  on(event: 'resize', listener: () => void): unknown;
  off(event: 'resize', listener: () => void): unknown;
}

const open = '\x1b[?1049h\x1b[?25l';
const close = '\x1b[?25h\x1b[?1049l';
/** Terminals that know it show a frame at once and whole: https://gist.github.com/christianparpart/d8a62cc1ab659194337d73e399004036 */
const beginFrame = '\x1b[?2026h\x1b[H';
const endFrame = '\x1b[J\x1b[?2026l';

/**
 * Draws a picture again and again on the terminal's other screen, each frame over the last, until q, Ctrl-C or a signal; then
 * the terminal is as it was. A failure of `draw` ends it, and is thrown.
 */
export async function watch(
  { input, output }: { readonly input: Input; readonly output: Output },
  draw: () => Promise<string>,
  everyMilliseconds: number,
): Promise<void> {
  const restore = () => {
    output.write(close);
    input.setRawMode(false);
  };
  const leave = () => process.exit(0);
  input.setRawMode(true);
  output.write(open);
  process.on('exit', restore);
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, leave);
  try {
    await redraw({ input, output }, draw, everyMilliseconds);
  } finally {
    for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.off(signal, leave);
    process.off('exit', restore);
    restore();
  }
}

function redraw(
  { input, output }: { readonly input: Input; readonly output: Output },
  draw: () => Promise<string>,
  everyMilliseconds: number,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    let ended = false;
    const end = (finish: () => void) => {
      ended = true;
      clearTimeout(timer);
      input.off('data', onKeys);
      output.off('resize', next);
      input.pause();
      finish();
    };
    const onKeys = (keys: Buffer | string) => {
      if (/[q\x03\x04]/.test(keys.toString())) end(resolve);
    };
    // One frame at a time: a resize while one is being made waits for the next.
    let drawing = false;
    const next = () => {
      if (drawing) return;
      drawing = true;
      clearTimeout(timer);
      draw().then(
        (text) => {
          drawing = false;
          if (ended) return;
          output.write(frame(text, output.rows ?? 24));
          timer = setTimeout(next, everyMilliseconds);
        },
        (error) => end(() => reject(error)),
      );
    };
    input.on('data', onKeys);
    input.resume();
    output.on('resize', next);
    next();
  });
}

/** Each line takes the rest of the old one away; what does not fit is left out, since a scroll would flicker. */
function frame(text: string, rows: number): string {
  const lines = text.replace(/\n$/, '').split('\n').slice(0, rows);
  return `${beginFrame}${lines.map((line) => `${line}\x1b[K`).join('\r\n')}${endFrame}`;
}
