import { ZspError } from '../errors';
import { Secret } from '../secret';
import { type ChildCredentials, credentialVariables, formatExpiration } from './environment';

export const formats = ['env', 'env-no-export', 'fish', 'powershell', 'json', 'process'] as const;
export type Format = (typeof formats)[number];

/**
 * Credentials as text for stdout, to be evaluated by a shell or read by a program. The secrets are open in it: it is the
 * answer. `json` has the names of STS's Credentials, `process` is what `credential_process` prints.
 * @throws ZspError `aws_unavailable` for credentials that are not printable ASCII, which no shell should see
 */
export function printCredentials(credentials: ChildCredentials, format: Format): string {
  const variables = Object.entries(credentialVariables(credentials)).map(
    ([name, value]) => [name, plain(value)] as const,
  );
  const lines = (line: (name: string, value: string) => string) =>
    variables.map(([name, value]) => `${line(name, value)}\n`).join('');
  switch (format) {
    case 'env':
      return lines((name, value) => `export ${name}=${posixWord(value)}`);
    case 'env-no-export':
      return lines((name, value) => `${name}=${posixWord(value)}`);
    case 'fish':
      return lines((name, value) => `set -gx ${name} '${value.replace(/[\\']/g, '\\$&')}'`);
    case 'powershell':
      return lines((name, value) => `$Env:${name} = '${value.replaceAll("'", "''")}'`);
    case 'json':
      return `${JSON.stringify(documentOf(credentials), null, 2)}\n`;
    case 'process':
      return `${JSON.stringify({ Version: 1, ...documentOf(credentials) })}\n`;
  }
}

function documentOf(credentials: ChildCredentials): object {
  return {
    AccessKeyId: plain(credentials.accessKeyId),
    SecretAccessKey: plain(credentials.secretAccessKey),
    SessionToken: plain(credentials.sessionToken),
    Expiration: formatExpiration(credentials.expiration),
    ...(credentials.accountId !== undefined && { AccountId: credentials.accountId }),
  };
}

/** Left bare where it can be: `docker --env-file` and others take quotes for a part of the value. */
function posixWord(value: string): string {
  return /^[\w./:+=@,-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`;
}

function plain(value: string | Secret): string {
  const text = value instanceof Secret ? value.open() : value;
  if (/^[\x21-\x7e]+$/.test(text)) return text;
  throw new ZspError('aws_unavailable', 'AWS sent credentials that are not printable ASCII', {
    remedy: 'check which endpoint answered: zsp doctor',
  });
}
