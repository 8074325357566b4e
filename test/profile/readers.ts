import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { allSections, type Section } from '../../src/profile/sections';
import { needs } from '../support/needs';
import { removeDirectory } from '../support/remove-directory';

/** By `profile NAME` or `sso-session NAME`. */
export type Sections = Record<string, Record<string, string>>;

/** The parser inside the JavaScript SDK, whichever version it brings. */
const sdk: {
  loadSharedConfigFiles(init: { configFilepath: string; filepath: string }): Promise<{ configFile: Sections }>;
  loadSsoSessionData(init: { configFilepath: string }): Promise<Sections>;
} = createRequire(createRequire(__filename).resolve('@aws-sdk/credential-providers'))('@smithy/core/config');

export const botocore = needs('boto3');

export function plain(section: Section | undefined): Record<string, string> | undefined {
  return section && Object.fromEntries([...section.values].map(([key, value]) => [key, value.text]));
}

/** What zsp, the JavaScript SDK and botocore read, in one shape. The directory they read from goes when the tests end. */
export function readers() {
  const directory = mkdtempSync(join(tmpdir(), 'zsp-sections-'));
  afterAll(() => removeDirectory(directory));
  return {
    zsp: everything,
    javaScript: (text: string) => javaScript(directory, text),
    /** One Python for all texts. */
    botocore: (texts: Readonly<Record<string, string>>) => python(directory, texts),
  };
}

/** Only keys with a value: the parsers differ in how they say that a key has none. */
function everything(text: string): Sections {
  const kinds = ['profile', 'sso-session'] as const;
  const sections = kinds.flatMap((kind) =>
    allSections(text, kind).map((found) => [`${kind} ${found.name}`, found] as const),
  );
  const filled = sections.map(([name, found]) => [name, withoutEmpty(plain(found) ?? {})] as const);
  return Object.fromEntries(filled.filter(([, values]) => Object.keys(values).length > 0));
}

function withoutEmpty(values: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).filter(([, text]) => text !== ''));
}

async function javaScript(directory: string, text: string): Promise<Sections> {
  const configFilepath = join(directory, `${Math.random()}`);
  writeFileSync(configFilepath, text);
  const { configFile } = await sdk.loadSharedConfigFiles({ configFilepath, filepath: join(directory, 'none') });
  const sessions = await sdk.loadSsoSessionData({ configFilepath });
  return Object.fromEntries([
    ...Object.entries(configFile)
      .filter(([name]) => !name.startsWith('sso-session.'))
      .map(([name, values]) => [`profile ${name}`, values]),
    ...Object.entries(sessions).map(([name, values]) => [`sso-session ${name}`, values]),
  ]);
}

function python(directory: string, texts: Readonly<Record<string, string>>): Record<string, Sections> {
  const program = `
import botocore.configloader as loader, json, sys
def flat(values):
    pairs = [(k, n, t) for k, v in values.items() for n, t in (v.items() if isinstance(v, dict) else [('', v)])]
    return {k + ('.' + n if n else ''): t for k, n, t in pairs}
found = {}
for name, text in json.load(sys.stdin).items():
    with open(sys.argv[1], 'w', newline='') as file: file.write(text)
    loaded = loader.load_config(sys.argv[1])
    found[name] = {'profile ' + n: flat(v) for n, v in loaded['profiles'].items()}
    found[name].update({'sso-session ' + n: flat(v) for n, v in loaded['sso_sessions'].items()})
print(json.dumps(found))`;
  const input = JSON.stringify(texts);
  const answer = spawnSync('python3', ['-c', program, join(directory, 'config')], { input, encoding: 'utf8' });
  if (answer.status !== 0) throw new Error(answer.stderr);
  return JSON.parse(answer.stdout);
}
