import { compile, matches } from '../policy/pattern';

/** Whether one of the texts fits one of the patterns: `*` is any text, `?` any character, case does not count. No pattern fits everything. */
export function fitsGlobs(patterns: readonly string[], ...texts: readonly string[]): boolean {
  if (patterns.length === 0) return true;
  return patterns.some((glob) => {
    const pattern = compile(glob.toLowerCase(), { wildcards: true });
    return pattern !== undefined && texts.some((text) => matches(pattern, text.toLowerCase()));
  });
}
