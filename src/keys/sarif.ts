import { relative, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { worthOf } from './report';
import type { Finding } from './scan';

/** The findings in the format that code scanning takes: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html */
export function sarif(findings: readonly Finding[], version: string, directory: string): object {
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'zsp', version, rules } },
        columnKind: 'utf16CodeUnits',
        results: findings.map((finding) => result(finding, directory)),
      },
    ],
  };
}

const rules = [
  {
    id: 'aws-static-key',
    shortDescription: { text: 'A long-lived AWS access key' },
    help: { text: 'Deactivate the key in IAM and serve the profile with zsp: zsp keys migrate.' },
    defaultConfiguration: { level: 'error' },
  },
  {
    id: 'aws-temporary-key',
    shortDescription: { text: 'A temporary AWS access key, which ends by itself' },
    help: { text: 'Remove it from the file; if it may still live, revoke the sessions of its role.' },
    defaultConfiguration: { level: 'note' },
  },
] as const;

const levels = { serious: 'error', doubtful: 'warning', harmless: 'note' } as const;

function result(finding: Finding, directory: string): object {
  const { accessKeyId, kind, accountId, withSecret } = finding;
  const of = accountId === undefined ? '' : ` of account ${accountId}`;
  const beside = withSecret ? ', with its secret beside it' : '';
  const ruleIndex = kind === 'temporary' ? 1 : 0;
  return {
    ruleId: rules[ruleIndex].id,
    ruleIndex,
    level: levels[worthOf(finding)],
    message: { text: `AWS ${kind === 'temporary' ? 'temporary key' : kind} ${accessKeyId}${of}${beside}` },
    locations: [location(finding, directory)],
    // So that a key which moved within its file stays the same alert.
    partialFingerprints: { 'accessKeyId/v1': accessKeyId },
  };
}

function location({ place, in: where, line, column }: Finding, directory: string): object {
  if (where === 'environment') return { logicalLocations: [{ name: place, kind: 'variable' }] };
  const region = { startLine: line, startColumn: column };
  return { physicalLocation: { artifactLocation: artifact(place, directory), region } };
}

/** Relative to the directory of the run where the file is under it, so that a code host finds it in the repository. */
function artifact(place: string, directory: string): object {
  const path = relative(directory, resolve(directory, place));
  const isUnder = path !== '' && !path.startsWith('..') && resolve(directory, path) !== path;
  if (!isUnder) return { uri: pathToFileURL(resolve(directory, place)).href };
  return { uri: path.split(sep).map(encodeURIComponent).join('/'), uriBaseId: '%SRCROOT%' };
}
