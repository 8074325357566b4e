import type { Finding, Scan } from './scan';

/**
 * What a key is worth to whoever finds it: with its secret it opens something (`serious`); without, it says that such a key is
 * somewhere (`doubtful`); a temporary ID without its secret has long ended and opens nothing (`harmless`).
 */
export type Worth = 'serious' | 'doubtful' | 'harmless';

export function worthOf({ kind, withSecret }: Finding): Worth {
  if (withSecret) return 'serious';
  return kind === 'temporary' ? 'harmless' : 'doubtful';
}

/** `looked at 1204 files; skipped 3 binary, 1 over 5 MB`. */
export function summary({ files, skipped }: Pick<Scan, 'files' | 'skipped'>): string {
  const { binary, tooLarge, links, unreadable } = skipped;
  const parts = [
    binary && `${binary} binary`,
    tooLarge && `${tooLarge} over 5 MB`,
    links && `${links} ${links === 1 ? 'link' : 'links'} back or to nothing`,
    unreadable && `${unreadable} unreadable`,
  ].filter(Boolean);
  const looked = `looked at ${files} ${files === 1 ? 'file' : 'files'}`;
  return parts.length > 0 ? `${looked}; skipped ${parts.join(', ')}` : looked;
}

/** The age of a file as its reader thinks of it: `today`, `3 days`, `7 months`, `2 years`. */
export function age(modifiedAt: number, now: number): string {
  const days = Math.floor((now - modifiedAt) / 86_400_000);
  if (days < 1) return 'today';
  if (days < 60) return count(days, 'day');
  return days < 730 ? count(Math.floor(days / 30.44), 'month') : count(Math.floor(days / 365.25), 'year');
}

function count(number: number, unit: string): string {
  return `${number} ${unit}${number === 1 ? '' : 's'}`;
}
