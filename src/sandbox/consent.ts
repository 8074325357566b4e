import { page } from './page';
import type { Answer, Pairs } from './wire';
import type { World } from './world';
import { escapeXml } from './xml';

/** The two pages that every sign-in goes through: who are you, and may this program act for you? */

export interface Asked {
  /** The page that asks: `/device` or `/authorize`. */
  readonly path: string;
  /** What the browser must bring along from page to page. */
  readonly carried: Pairs;
  readonly clientName: string;
  /** Shown large, to compare with the terminal's. */
  readonly userCode?: string;
}

/** @param user who was entered, if anybody was: there is none of that name */
export function askWho(world: World, { path, carried }: Asked, user: string | undefined): Answer {
  const problem = user === undefined ? '' : `<p class="bad">Nobody here goes by the name ${escapeXml(user)}.</p>`;
  const people = world.directory.users
    .map(({ userName }) => `<button name="user" value="${escapeXml(userName)}">${escapeXml(userName)}</button>`)
    .join('\n');
  return page(
    user === undefined ? 200 : 404,
    'Sign in',
    `${problem}<p class="soft">Pick who you are. A real organisation would ask for a password and a second factor now.</p>
<form action="${path}"><div class="people">${hidden(carried)}
${people}</div></form>
<form action="${path}">${hidden(carried)}<label for="user">Or enter a user name</label>
<div class="row"><input id="user" name="user" required autocomplete="off" autocapitalize="none" spellcheck="false">
<button class="fixed">Continue</button></div></form>`,
  );
}

export function askConsent(asked: Asked, user: string): Answer {
  const { path, carried, clientName, userCode } = asked;
  const again = `${path}?${new URLSearchParams(carried.map(([name, value]): [string, string] => [name, value]))}`;
  const code =
    userCode === undefined
      ? ''
      : `<p>Allow it only if your terminal shows this code:</p><strong class="code">${escapeXml(userCode)}</strong>`;
  return page(
    200,
    `Allow ${escapeXml(clientName)} to act for you?`,
    `${code}<dl><dt>Signed in as</dt><dd>${escapeXml(user)} (<a href="${escapeXml(again)}">not you?</a>)</dd>
<dt>It will be able to</dt><dd>see your accounts and roles, and get short&#8209;lived credentials for them</dd></dl>
<form method="post" action="${path}">${hidden([...carried, ['user', user]])}
<div class="row"><button class="main" name="decision" value="approve">Allow</button>
<button name="decision" value="deny">Deny</button></div></form>`,
  );
}

export function isUser(world: World, name: string | undefined): name is string {
  return world.directory.users.some(({ userName }) => userName === name);
}

function hidden(carried: Pairs): string {
  return carried
    .map(([name, value]) => `<input type="hidden" name="${escapeXml(name)}" value="${escapeXml(value)}">`)
    .join('');
}
