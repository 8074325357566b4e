const loopback = new Set(['127.0.0.1', '[::1]', 'localhost']);

/**
 * The URL in its normal form, which is printable ASCII, if it is one that a browser may be sent to: https, or http on
 * loopback, and without a user name or password in it. Otherwise undefined.
 */
export function webUrl(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') return undefined;
  const allowed = url.protocol === 'https:' || (url.protocol === 'http:' && loopback.has(url.hostname));
  return allowed ? url.href : undefined;
}
