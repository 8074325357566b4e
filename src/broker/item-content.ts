import { Secret } from '../secret';
import { type Fields, isCredentials, isPermissionSet, isSignIn, parseFields } from './item-shape';
import type { CredentialsItem, PermissionSetItem, SignInItem } from './items';

/** An item as JSON in the keychain, and as an object whose secrets are `Secret`s. */

/** One JSON text, secrets opened: it goes nowhere but into the keychain. */
export function encodeItem(item: object): Secret {
  const open = function (this: Record<string, unknown>, key: string, value: unknown) {
    const raw = this[key];
    return raw instanceof Secret ? raw.open() : value;
  };
  return new Secret(JSON.stringify(item, open));
}

/** The names in the index; undefined if it is none. */
export function decodeIndex(item: Secret): readonly string[] | undefined {
  const names = parse(item)?.names;
  return Array.isArray(names) ? names.filter((name) => typeof name === 'string') : undefined;
}

export function decodeSignIn(item: Secret): SignInItem | undefined {
  const found = parse(item);
  if (!isSignIn(found)) return undefined;
  const client = withSecrets(found.client as Fields, 'clientSecret');
  return { ...withSecrets(found, 'accessToken', 'refreshToken'), client } as unknown as SignInItem;
}

export function decodePermissionSet(item: Secret): PermissionSetItem | undefined {
  const found = parse(item);
  return isPermissionSet(found) ? (withSession(found) as unknown as PermissionSetItem) : undefined;
}

export function decodeCredentials(item: Secret): CredentialsItem | undefined {
  const found = parse(item);
  return isCredentials(found) ? (withSession(found) as unknown as CredentialsItem) : undefined;
}

function parse(item: Secret): Fields | undefined {
  return parseFields(item.open());
}

function withSession(item: Fields): Fields {
  return { ...item, session: withSecrets(item.session as Fields, 'secretAccessKey', 'sessionToken') };
}

/** Only these: a session tag may well be called `accessToken`. */
function withSecrets(found: Fields, ...names: readonly string[]): Fields {
  const secrets = names.flatMap((name) => (found[name] === undefined ? [] : [[name, new Secret(String(found[name]))]]));
  return { ...found, ...Object.fromEntries(secrets) };
}
