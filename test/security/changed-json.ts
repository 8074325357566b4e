import fc from 'fast-check';

const extremes = fc.constantFrom(-1, 0, -1e300, 1e300, 1e17, 8.64e15, 2 ** 53, null, '0');
const odd = fc.oneof(fc.constantFrom(null, true, [], {}, '', 'x', '\n', '\u001b[2J'), fc.jsonValue({ maxDepth: 1 }));

/** JSON text in which some value, however deep, was replaced by a stranger: a number mostly by one that is no date. */
export function changed(text: string): fc.Arbitrary<string> {
  const change = fc.constantFrom(...pathsIn(JSON.parse(text))).chain(({ path, value }) => {
    const stranger = typeof value === 'number' ? fc.oneof({ weight: 4, arbitrary: extremes }, odd) : odd;
    return fc.tuple(fc.constant(path), fc.option(stranger, { nil: undefined, freq: 8 }));
  });
  return fc.array(change, { minLength: 1, maxLength: 2 }).map((changes) => {
    const copy: unknown = JSON.parse(text);
    for (const [path, value] of changes) put(copy, path, structuredClone(value));
    return JSON.stringify(copy);
  });
}

type Path = readonly string[];

function pathsIn(root: unknown, above: Path = []): { readonly path: Path; readonly value: unknown }[] {
  if (typeof root !== 'object' || root === null) return [];
  return Object.entries(root).flatMap(([key, value]) => {
    const path = [...above, key];
    return [{ path, value }, ...pathsIn(value, path)];
  });
}

function put(root: unknown, path: Path, value: unknown): void {
  let at = root as Record<string, unknown> | undefined;
  for (const key of path.slice(0, -1)) {
    const next = at?.[key];
    at = typeof next === 'object' && next !== null ? (next as Record<string, unknown>) : undefined;
  }
  if (at) at[path.at(-1) ?? ''] = value;
}
