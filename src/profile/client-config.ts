import type { Env } from '../places';
import { findConfigFile } from './config-file';
import { findSection, isZspKey, type Section } from './sections';
import { bypassingKeys } from './settings';

const credentialKeys: ReadonlySet<string> = new Set([
  ...bypassingKeys,
  'credential_process',
  'credential_source',
  'source_profile',
  'aws_session_token',
  'aws_security_token',
  'external_id',
  'mfa_serial',
  'duration_seconds',
  'role_session_name',
]);

/**
 * A config file for a command that gets its credentials elsewhere: the profile's settings for clients (region, output,
 * endpoints, `s3 =` blocks), as `[default]` and under its own name, and nothing that credentials come from. A `[default]` with
 * a credential_process would win over a container endpoint.
 */
export function clientConfig(profileName: string, region: string, env: Env): string {
  const { text } = findConfigFile(env);
  const section = findSection(text, 'profile', profileName);
  const services = section?.values.get('services')?.text;
  const shared = services === undefined ? undefined : findSection(text, 'services', services);
  const body = section ? settingsOf(section, region) : `region = ${region}\n`;
  const named = profileName === 'default' || /[\]\n]/.test(profileName) ? '' : `[profile "${profileName}"]\n${body}`;
  return `[default]\n${body}${named}${shared ? `[services ${shared.name}]\n${lines(shared, () => true)}` : ''}`;
}

function settingsOf(section: Section, region: string): string {
  return `region = ${region}\n${lines(section, (key) => key !== 'region' && !isZspKey(key) && !credentialKeys.has(key))}`;
}

/** `s3.addressing_style` is written back as the block it was read from. */
function lines({ values }: Section, wanted: (key: string) => boolean): string {
  const kept = [...values].filter(([key]) => wanted(key));
  const blocks = new Set(kept.flatMap(([key]) => (key.includes('.') ? [key.slice(0, key.indexOf('.'))] : [])));
  const plain = kept.filter(([key, { text }]) => !key.includes('.') && !blocks.has(key) && !text.includes('\n'));
  const nested = [...blocks].map((block) => {
    const own = kept.filter(([key]) => key.startsWith(`${block}.`));
    return `${block} =\n${own.map(([key, { text }]) => `  ${key.slice(block.length + 1)} = ${text}\n`).join('')}`;
  });
  return plain.map(([key, { text }]) => `${key} = ${text}\n`).join('') + nested.join('');
}
