/**
 * `ZSP_WINDOW=<window id>:<profile>` marks a shell in which one profile is elevated. It is a name, not a secret: the
 * window itself is in the keychain.
 */
export function shellWindow(env: Readonly<Record<string, string | undefined>>, profile: string): string | undefined {
  const match = /^([0-9a-f]{16}):(.*)$/s.exec(env.ZSP_WINDOW ?? '');
  return match?.[2] === profile ? match[1] : undefined;
}

export function shellWindowValue(windowId: string, profile: string): string {
  return `${windowId}:${profile}`;
}
