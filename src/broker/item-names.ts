/**
 * What the items of the keychain are called. No two things have one name: where a part may hold a colon, it is escaped. Without
 * imports: the hit path uses it too.
 */

/**
 * A profile's credentials, or those of one ad-hoc window on it.
 * @param configFile the config file's real path: two files with a profile of the same name do not meet
 */
export function credentialsName(profile: { readonly configFile: string; readonly name: string }, windowId?: string) {
  const name = `credentials:${escaped(profile.configFile)}:${escaped(profile.name)}`;
  return windowId === undefined ? name : `${name}:${windowId}`;
}

/** The ID is hexadecimal, the account digits, and a permission set's name has no colon. */
export function permissionSetName(signInId: string, accountId: string, roleName: string): string {
  return `permission-set:${signInId}:${accountId}:${roleName}`;
}

/** A reader compares the start URL and the origin with those in the item; what is left between them is the region. */
export function signInName(at: { startUrl: string; region: string; endpoints: { origin: string } }): string {
  return `sign-in:${at.startUrl}:${at.region}:${at.endpoints.origin}`;
}

function escaped(part: string): string {
  return part.replace(/[%:]/g, (character) => (character === '%' ? '%25' : '%3A'));
}
