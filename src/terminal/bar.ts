import type { Palette, Style } from './style';

/**
 * A bar of what is left: its length says it, and so does its colour where there is one.
 * @param share from 0 to 1; anything above 0 shows at least one cell
 */
export function bar(share: number, cells: number, style: Palette): string {
  const filled = Math.min(cells, Math.max(share > 0 ? 1 : 0, Math.round(share * cells)));
  return urgency(share, style)('━'.repeat(filled)) + style.dim('─'.repeat(cells - filled));
}

/** Green, amber under a third, red under a tenth. */
export function urgency(share: number, { green, yellow, red }: Palette): Style {
  if (share < 0.1) return red;
  return share < 1 / 3 ? yellow : green;
}
