import { webUrl } from './web-url';

export interface HyperlinkWish {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly isTTY: boolean | undefined;
}

/** Terminals that do not know OSC 8 ignore it, but for the Linux console and dumb ones, which print it. */
export function wantsHyperlinks({ env, isTTY }: HyperlinkWish): boolean {
  return isTTY === true && env.TERM !== 'dumb' && env.TERM !== 'linux' && !env.CI;
}

/** `text` that a click opens (OSC 8); the text alone where links are off or the URL is not a web address. */
export function hyperlink(text: string, url: string, enabled: boolean): string {
  const target = enabled ? webUrl(url) : undefined;
  return target === undefined ? text : `\x1b]8;;${target}\x1b\\${text}\x1b]8;;\x1b\\`;
}
