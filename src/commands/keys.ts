import { existsSync } from 'node:fs';
import { Command } from 'commander';
import { ZspError } from '../errors';
import { knownPlaces } from '../keys/known-places';
import { age, summary, worthOf } from '../keys/report';
import { sarif } from '../keys/sarif';
import { type Finding, type Scan, scanEnvironment, scanFiles } from '../keys/scan';
import type { Env } from '../places';
import type { Conversation } from '../terminal/conversation';
import type { Progress } from '../terminal/progress';
import { printable } from '../terminal/sanitize';
import { type Cell, table } from '../terminal/table';
import { type MigrateParts, migrateCommand } from './keys-migrate';

export interface KeysParts extends MigrateParts {
  readonly talk: Conversation;
  readonly env: Env;
  readonly version: string;
  /** A line that says what is waited for. */
  progress(text: string): Progress;
}

interface ScanOptions {
  readonly json?: boolean;
  readonly sarif?: boolean;
}

export function keysCommand(parts: KeysParts): Command {
  const keys = new Command('keys')
    .summary('find long-lived AWS keys, and replace them')
    .description('Finds long-lived AWS keys on this machine, and replaces them with profiles of zsp.')
    .addHelpText(
      'after',
      '\nExamples:\n  zsp keys scan\n  zsp keys scan . --sarif > keys.sarif\n  zsp keys migrate legacy --to dev',
    );
  keys.addCommand(scanCommand(parts));
  keys.addCommand(migrateCommand(parts));
  return keys;
}

function scanCommand(parts: KeysParts): Command {
  return new Command('scan')
    .summary('find AWS keys in files, or in the usual places of this machine')
    .description(
      'Looks for AWS keys in every text file under the paths, ignored ones included; without a path in the environment ' +
        'and in the usual places of this machine. Shows where they are, never a secret, and asks AWS nothing.',
    )
    .argument('[path...]', 'files and directories')
    .option('--json', 'print JSON')
    .option('--sarif', 'print SARIF 2.1.0, for code scanning')
    .addHelpText('after', '\nExamples:\n  zsp keys scan\n  zsp keys scan ~/work --json')
    .action((paths: readonly string[], options: ScanOptions) => scan(parts, paths, options));
}

async function scan(parts: KeysParts, paths: readonly string[], options: ScanOptions): Promise<void> {
  const { talk, env, version } = parts;
  const missing = paths.find((path) => !existsSync(path));
  if (missing !== undefined) {
    throw new ZspError('usage', `there is no file or directory ${JSON.stringify(printable(missing, 200))}`, {
      remedy: 'run: zsp keys scan --help',
    });
  }
  const progress = parts.progress('looking for AWS keys …');
  const looked = await scanFiles(paths.length > 0 ? paths : knownPlaces(env), (files) =>
    progress.update(`looking for AWS keys: ${files} files …`),
  ).finally(() => progress.end());
  const everything = { ...looked, findings: [...(paths.length > 0 ? [] : scanEnvironment(env)), ...looked.findings] };
  if (options.sarif) talk.answer(json(sarif(everything.findings, version, process.cwd())));
  else if (options.json) talk.answer(json(asJson(everything)));
  else show(parts, everything);
  refuse(everything.findings);
}

function show({ talk, now }: KeysParts, { findings, ...looked }: Scan): void {
  const { bold, green } = talk.answerStyle;
  if (findings.length > 0) {
    const rows = findings.map((finding) => row(talk, finding, now()));
    // Half a path or half an ID finds nothing.
    const options = { heading: bold, width: talk.columns, narrowest: Number.POSITIVE_INFINITY };
    talk.answer(table(['PLACE', 'KEY', 'KIND', 'ACCOUNT', 'SECRET', 'CHANGED'], rows, options));
  } else talk.answer(`${green('✓')} No AWS key found.\n`);
  talk.say(`zsp ${summary(looked)}.`);
}

function row({ answerStyle }: Conversation, finding: Finding, now: number): readonly Cell[] {
  const { place, in: where, line, accessKeyId, kind, accountId, withSecret, modifiedAt } = finding;
  return [
    where === 'file' ? `${place}:${line}` : `$${place}`,
    accessKeyId,
    kind,
    accountId ?? 'unknown',
    withSecret ? { text: 'beside it', style: answerStyle.red } : 'no',
    modifiedAt === undefined ? '' : age(modifiedAt, now),
  ];
}

function asJson({ findings, files, skipped }: Scan): object {
  const shown = findings.map(({ modifiedAt, ...finding }) => ({
    ...finding,
    ...(modifiedAt !== undefined && { modifiedAt: new Date(modifiedAt).toISOString() }),
  }));
  return { findings: shown, files, skipped };
}

/** @throws ZspError `findings`, unless all that was found has ended by itself */
function refuse(findings: readonly Finding[]): void {
  const bad = new Set(findings.filter((one) => worthOf(one) !== 'harmless').map((one) => one.accessKeyId));
  if (bad.size === 0) return;
  throw new ZspError('findings', `${bad.size} AWS ${bad.size === 1 ? 'key' : 'keys'} found`, {
    remedy: "replace a profile's with zsp keys migrate; deactivate the others in IAM, then remove them",
  });
}

function json(value: object): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
