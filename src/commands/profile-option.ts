/** Wherever a profile is meant: the one named, then AWS_PROFILE, then `default`. */
export function profileName(named: string | undefined, env: Readonly<Record<string, string | undefined>>): string {
  return named || env.AWS_PROFILE || 'default';
}
