import type { Env } from '../places';
import { findConfigFile } from './config-file';
import { allSections } from './sections';

/** A profile that is a bare permission set: what it reaches is what the user has. */
export interface PermissionSetProfile {
  readonly name: string;
  readonly ssoSession: string;
  readonly accountId: string;
  readonly roleName: string;
}

/** In the file's order. Whether zsp would serve them is not checked. */
export function permissionSetProfiles(env: Env): readonly PermissionSetProfile[] {
  return allSections(findConfigFile(env).text, 'profile').flatMap(({ name, values }) => {
    const ssoSession = values.get('zsp_sso_session')?.text;
    const accountId = values.get('zsp_sso_account_id')?.text;
    const roleName = values.get('zsp_sso_role_name')?.text;
    if (!ssoSession || !accountId || !roleName || values.has('zsp_role_arn')) return [];
    return [{ name, ssoSession, accountId, roleName }];
  });
}
