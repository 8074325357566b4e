import { createHash } from 'node:crypto';

/** What the browser shows when it comes back from AWS. No script, nothing fetched, and no text from outside in it. */

const style = `
:root { color-scheme: light dark; --ink: #16202c; --soft: #566270; --card: #fff; --ground: #eef1f5; --line: #d9dfe6;
  --good: #1a7f4b; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8edf2; --soft: #9aa7b5; --card: #1a222c; --ground: #10161d;
  --line: #33404d; --good: #6fd6a0; --bad: #ff8a80; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 24px 16px; background: var(--ground);
  color: var(--ink); font: 16px/1.5 system-ui, "Segoe UI", sans-serif; }
main { width: 100%; max-width: 440px; padding: 36px 32px; background: var(--card); border: 1px solid var(--line);
  border-radius: 14px; text-align: center; }
svg { width: 48px; height: 48px; margin-bottom: 14px; fill: none; stroke: var(--good); stroke-width: 2;
  stroke-linecap: round; stroke-linejoin: round; }
.bad svg { stroke: var(--bad); }
h1 { margin: 0 0 8px; font-size: 24px; line-height: 1.25; letter-spacing: -.01em; text-wrap: balance; }
p { margin: 0; color: var(--soft); text-wrap: balance; }
`;

const policy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
  'img-src data:',
  "form-action 'none'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

const tick = '<circle cx="12" cy="12" r="10"/><path d="m8 12.5 2.8 2.8L16.5 9.5"/>';
const exclamation = '<circle cx="12" cy="12" r="10"/><path d="M12 7v6M12 16.6v.1"/>';

const pages = {
  allowed: { mark: tick, title: 'Back to your terminal', text: 'zsp goes on there.' },
  refused: {
    mark: exclamation,
    title: 'Not signed in',
    text: 'Your terminal says why.',
  },
  stranger: {
    mark: exclamation,
    title: 'Not the answer zsp waits for',
    text: 'It belongs to no sign-in that is under way, and nothing was taken from it.',
  },
} as const;

export function callbackPage(kind: keyof typeof pages): {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
} {
  const { mark, title, text } = pages[kind];
  return {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy,
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    },
    body: `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · zsp</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<main${kind === 'allowed' ? '' : ' class="bad"'}>
<svg viewBox="0 0 24 24" aria-hidden="true">${mark}</svg>
<h1>${title}</h1>
<p>${text}<br>You can close this window.</p>
</main>
</body>
</html>
`,
  };
}
