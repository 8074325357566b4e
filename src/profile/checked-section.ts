import type * as z from 'zod/mini';
import type { ZspError } from '../errors';
import { configError, quoted } from './config-error';
import type { ConfigFile } from './config-file';
import { nearest } from './nearest';
import { isZspKey, type Section } from './sections';

/**
 * A section whose own keys have the right shape, each by itself.
 * @throws ZspError `config_invalid` with file, line and key
 */
export function checkedKeys<Shape extends z.core.$ZodShape>(
  config: ConfigFile,
  section: Section,
  schema: z.ZodMiniObject<Shape>,
): z.infer<z.ZodMiniObject<Shape>> {
  refuseStrays(config, section);
  const known = Object.keys(schema.shape);
  for (const key of section.values.keys()) {
    if (isZspKey(key) && !known.includes(key)) throw unknownKey(config, section, key, known);
  }
  const given = known.flatMap((key) => {
    const text = section.values.get(key)?.text;
    return text === undefined ? [] : [[key, text]];
  });
  const parsed = schema.safeParse(Object.fromEntries(given));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw refusedKey(config, section, String(issue?.path[0]), issue?.message ?? 'something else');
}

/** `<file>:<line>: <key>: expected …, got …` */
export function refusedKey(config: ConfigFile, section: Section, key: string, expected: string): ZspError {
  const value = section.values.get(key);
  const got = value === undefined ? 'nothing' : quoted(value.text);
  const line = value?.line ?? section.line;
  return configError(
    { file: config.path, line, key },
    `expected ${expected}, got ${got}`,
    `correct ${key} in line ${line}`,
  );
}

/** A key whose value is as it should be, but which has no place here. */
export function misplacedKey(
  config: ConfigFile,
  section: Section,
  key: string,
  problem: string,
  remedy: string,
): ZspError {
  return configError({ file: config.path, line: section.values.get(key)?.line ?? section.line, key }, problem, remedy);
}

function unknownKey(config: ConfigFile, section: Section, key: string, known: readonly string[]): ZspError {
  if (!key.startsWith('zsp_')) {
    const remedy = 'move it to the start of its line';
    return misplacedKey(config, section, key, 'is indented, and so belongs to the key above it', remedy);
  }
  const zspKeys = known.filter(isZspKey);
  const [likely] = nearest(key, zspKeys, 1);
  const remedy = likely === undefined ? `zsp knows ${zspKeys.join(', ')}` : `did you mean ${likely}?`;
  return misplacedKey(config, section, key.slice(0, 60), `zsp has no such key in [${section.name}]`, remedy);
}

function refuseStrays(config: ConfigFile, section: Section): void {
  const [stray] = section.strays;
  if (stray === undefined) return;
  const problem = `expected a header or key = value, got ${quoted(stray.text)}`;
  throw configError({ file: config.path, line: stray.line }, problem, `correct line ${stray.line}`);
}
