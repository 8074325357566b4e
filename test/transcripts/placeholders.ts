/** What differs from run to run, and the placeholder that stands for it; the first that fits wins. */
export type Known = readonly (readonly [text: string, placeholder: string])[];

const patterns: readonly (readonly [RegExp, string])[] = [
  [/\b(127\.0\.0\.1|localhost|\[::1\]):\d+/g, '$1:<PORT>'],
  [/(?<![A-Z])[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}\b/g, '<CODE>'],
  [/\bASIA[A-Z2-7]{16}\b/g, '<ACCESS_KEY_ID>'],
  [/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)/g, '<TIME>'],
  [/\b(\d{4}-\d\d-\d\d )?\d\d:\d\d(:\d\d)?(\s\((in [^)]{1,12}|[^)]{1,12} ago)\))?/g, '<TIME>'],
  [/(?<!\d)\d+[hms]( \d+[ms])?(?= left\b)/g, '<TIME>'],
  [/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, '<ID>'],
  [/\bNode \d+\.\d+\.\d+, (no AWS CLI|AWS CLI \d+\.\d+\.\d+)/g, 'Node <VERSION>, <AWS CLI>'],
  [/\b[0-9a-f]{32,64}\b/g, '<HASH>'],
];

/** Puts placeholders where a run differs from the next. `known` texts of this run (the home, secrets) go first, longest first. */
export function withPlaceholders(text: string, known: Known): string {
  const first = [...known]
    .filter(([value]) => value !== '')
    .sort(([a], [b]) => b.length - a.length)
    .reduce((result, [value, placeholder]) => result.replaceAll(value, placeholder), text);
  return patterns.reduce((result, [pattern, placeholder]) => result.replace(pattern, placeholder), first);
}

/** The other way, for the files and commands of a transcript: `<HOME>`, `<SANDBOX>`, `<KEY_ID>` and `<SECRET_KEY>` become this run's. */
export function withoutPlaceholders(text: string, known: Known): string {
  return known.reduce((result, [value, placeholder]) => result.replaceAll(placeholder, value), text);
}
