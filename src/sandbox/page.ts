import { createHash } from 'node:crypto';
import type { Answer } from './wire';

/** The frame of every page that the sandbox shows a person: one card, no script, nothing fetched from anywhere. */

const style = `
:root { color-scheme: light dark; --ink: #16202c; --soft: #5b6775; --card: #fff; --ground: #eef1f5; --line: #d9dfe6;
  --accent: #0b5cab; --on-accent: #fff; --bad: #b3261e; --good: #1a7f4b; --tint: #f4f7fa; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8edf2; --soft: #9aa7b5; --card: #1a222c; --ground: #10161d;
  --line: #33404d; --accent: #7cb8f5; --on-accent: #0c1a28; --bad: #ff8a80; --good: #6fd6a0; --tint: #222d39; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: flex; flex-direction: column; align-items: center; justify-content: center;
  padding: 24px 16px; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, "Segoe UI", sans-serif; }
main { width: 100%; max-width: 440px; padding: 32px; background: var(--card); border: 1px solid var(--line);
  border-radius: 14px; box-shadow: 0 8px 30px rgb(0 0 0 / .07); }
header { display: flex; align-items: center; gap: 10px; margin-bottom: 24px; color: var(--soft); font-size: 14px; }
header svg { width: 26px; height: 26px; flex: none; fill: none; stroke: var(--accent); stroke-width: 2;
  stroke-linecap: round; stroke-linejoin: round; }
main > :last-child { margin-bottom: 0; }
h1 { margin: 0 0 8px; text-wrap: balance; font-size: 24px; line-height: 1.25; letter-spacing: -.01em; overflow-wrap: anywhere; }
p { margin: 0 0 16px; } p.soft, dt { color: var(--soft); } p.bad { color: var(--bad); }
.code { display: block; margin: 20px 0; padding: 14px; border-radius: 10px; background: var(--tint); text-align: center;
  border: 1px solid var(--line); font: 600 28px/1.2 ui-monospace, "DejaVu Sans Mono", monospace; letter-spacing: .12em; }
dl { margin: 0 0 20px; } dt { font-size: 13px; } dd { margin: 0 0 10px; overflow-wrap: anywhere; }
ul { margin: 0 0 20px; padding-left: 20px; } li { overflow-wrap: anywhere; }
label { display: block; margin-bottom: 6px; font-size: 14px; color: var(--soft); }
input { width: 100%; padding: 11px 12px; font: inherit; color: inherit; background: var(--card);
  border: 1px solid var(--line); border-radius: 8px; }
input.short { font-family: ui-monospace, "DejaVu Sans Mono", monospace; letter-spacing: .1em; text-transform: uppercase; }
form { margin: 0; } .people { display: grid; gap: 8px; margin-bottom: 20px; } .row { display: flex; gap: 10px; }
.row > * { flex: 1; } .row > .fixed { flex: none; }
button { padding: 11px 16px; font: inherit; font-weight: 600; color: var(--ink); background: var(--card); cursor: pointer;
  border: 1px solid var(--line); border-radius: 8px; } button:hover { background: var(--tint); }
button.main { color: var(--on-accent); background: var(--accent); border-color: var(--accent); }
button.main:hover { filter: brightness(1.08); } .people button { width: 100%; text-align: left; font-weight: 500; overflow-wrap: anywhere; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
a { color: var(--accent); } .mark { width: 44px; height: 44px; margin-bottom: 14px; fill: none; stroke-width: 2.2;
  stroke-linecap: round; stroke-linejoin: round; stroke: var(--good); } .mark.bad { stroke: var(--bad); }
footer { max-width: 440px; margin-top: 18px; font-size: 13px; color: var(--soft);
  text-align: center; text-wrap: balance; }
@media (max-width: 420px) { main { padding: 22px 18px; } .row { flex-direction: column; } .code { font-size: 22px; } }
`;

const policy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
  'img-src data:',
  // A browser holds the redirect after a form to this too, and PKCE's callback is on the loopback interface.
  "form-action 'self' http://127.0.0.1:*",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

const cloud =
  '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M7 18h10a4 4 0 0 0 .6-7.95A6 6 0 0 0 6.1 9.1 4.5 4.5 0 0 0 7 18Z"/></svg>';

/** What a finished page says at a glance. */
const marks = {
  good: '<svg class="mark" viewBox="0 0 24 24" aria-hidden="true"><circle cx="12" cy="12" r="10"/><path d="m8 12.5 2.8 2.8L16.5 9.5"/></svg>',
  bad: '<svg class="mark bad" viewBox="0 0 24 24" aria-hidden="true"><circle cx="12" cy="12" r="10"/><path d="M12 7v6M12 16.6v.1"/></svg>',
} as const;

/** @param title plain text without markup; @param content HTML, with every text in it escaped */
export function page(status: number, title: string, content: string, mark?: keyof typeof marks): Answer {
  return {
    status,
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
<title>${title} · AWS sandbox</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<main>
<header>${cloud}<span>AWS access portal · sandbox</span></header>
${mark ? marks[mark] : ''}<h1>${title}</h1>
${content}
</main>
<footer>An AWS embedded in zsp, on this machine only. It knows no real accounts.</footer>
</body>
</html>
`,
  };
}
