import { ZspError } from '../errors';
import { printable, quoted } from './config-error';

/** A permission set in an account: what a profile can be made for. */
export interface Reachable {
  readonly accountId: string;
  readonly accountName: string;
  readonly roleName: string;
}

export const defaultNameTemplate = '{account_name:slug}-{role_name:slug}';

const fields: Readonly<Record<string, (reach: Reachable) => string>> = {
  account_name: ({ accountName, accountId }) => printable(accountName).trim() || accountId,
  account_id: ({ accountId }) => accountId,
  role_name: ({ roleName }) => roleName,
};

const filters: Readonly<Record<string, (text: string) => string>> = {
  lower: (text) => text.toLowerCase(),
  slug,
};

/** Lower case, of letters a–z, digits and single hyphens. */
function slug(text: string): string {
  const plain = text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  return plain.replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '');
}

/**
 * Makes the namer of a template like `{account_name:slug}-{role_name:lower}`.
 * @throws ZspError `usage` for a template that is none
 */
export function nameTemplate(template: string): (reach: Reachable) => string {
  const parts = template.split(/(\{[^{}]*\})/).map((part) => {
    if (!part.startsWith('{')) return literal(template, part);
    const [, fieldName = '', , filterName] = /^\{([a-z_]+)(:([a-z]+))?\}$/.exec(part) ?? [];
    const field = Object.hasOwn(fields, fieldName) ? fields[fieldName] : undefined;
    const filter =
      filterName === undefined ? same : Object.hasOwn(filters, filterName) ? filters[filterName] : undefined;
    if (!field || !filter) throw notTemplate(template, `${quoted(part)} is not known`);
    // What a filter leaves nothing of (an account named in another script) goes by its number.
    return (reach: Reachable) => filter(field(reach)) || reach.accountId;
  });
  return (reach) => parts.map((part) => part(reach)).join('');
}

function same(text: string): string {
  return text;
}

function literal(template: string, text: string): () => string {
  if (/[{}]/.test(text)) throw notTemplate(template, 'a brace is alone');
  return () => text;
}

function notTemplate(template: string, why: string): ZspError {
  return new ZspError('usage', `--name-template ${quoted(template)}: ${why}`, {
    remedy: 'use {account_name}, {account_id} and {role_name}, each with :lower or :slug if you like',
  });
}
