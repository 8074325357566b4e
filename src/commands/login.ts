import { Command, Option } from 'commander';
import type { InBrowser } from '../broker/authorization-code';
import type { DeviceAuthorization } from '../broker/ports';
import { logIn, type SignedIn } from '../broker/sign-in';
import type { World } from '../broker/world';
import { ZspError } from '../errors';
import { isAwsVerificationUri } from '../profile/endpoints';
import type { KeychainChoice, SsoSession } from '../profile/profile';
import { startCallback } from '../terminal/callback';
import type { Conversation } from '../terminal/conversation';
import { handOver } from '../terminal/handover';
import { qrCode } from '../terminal/qrcode';
import { printable } from '../terminal/sanitize';
import { clockTime, until } from '../terminal/time';
import { type KeychainParts, keychainOption, moveTo } from './login-keychain';

export interface LoginParts extends KeychainParts {
  readonly talk: Conversation;
  readonly world: World;
  now(): number;
  ssoSession(name: string | undefined): SsoSession;
  openBrowser(url: string, command?: string): Promise<boolean>;
  /** Whether a browser opened here would be on another screen than the user's, or would not reach a port of this machine. */
  isRemote(): boolean;
  /** Opens the keychain of a first sign-in, and records which one it is. */
  chooseKeychain(choice: KeychainChoice): Promise<void>;
}

export interface LoginOptions {
  readonly browser: boolean;
  readonly qr?: boolean;
  readonly pkce?: boolean;
  readonly deviceCode?: boolean;
  readonly force?: boolean;
  readonly keychain?: Exclude<KeychainChoice, 'auto'>;
}

export function loginCommand(parts: LoginParts): Command {
  return new Command('login')
    .summary('sign in with IAM Identity Center')
    .description(
      'Signs in with IAM Identity Center, in your browser. While the sign-in lasts it renews itself silently.',
    )
    .argument('[sso-session]', 'the [sso-session] of ~/.aws/config; the only one is the default')
    .option('--no-browser', 'do not open a browser: show the address and the code only')
    .option('--qr', 'show the address as a QR code too')
    .option('--device-code', 'confirm a code, in a browser anywhere (the default over SSH, in WSL, in containers)')
    .addOption(
      new Option(
        '--pkce',
        'allow it in a browser of this machine, without a code (the default where there is one)',
      ).conflicts(['deviceCode', 'qr']),
    )
    .option('--force', 'sign in anew, as another user perhaps: every session of the old sign-in is forgotten')
    .addOption(keychainOption())
    .addHelpText('after', '\nExample:\n  zsp login corp')
    .action((name: string | undefined, options: LoginOptions) => login(parts, name, options));
}

async function login(parts: LoginParts, name: string | undefined, options: LoginOptions): Promise<void> {
  const at = parts.ssoSession(name);
  if (options.keychain) await moveTo(parts, at, options.keychain);
  const { how, item } = await signInTo(parts, at, options);
  const who = item.userName ? ` as ${printable(item.userName)}` : '';
  const { green } = parts.talk.answerStyle;
  const verb = how === 'kept' ? 'Already signed in' : 'Signed in';
  const renews = item.refreshToken ? 'it renews itself' : `until ${until(item.expiration, parts.now())}`;
  parts.talk.answer(`${green('✓')} ${verb} to ${printable(at.name)}${who}; ${renews}.\n`);
}

/** Signs in where that is needed, and shows the user how. */
export async function signInTo(parts: LoginParts, at: SsoSession, options: LoginOptions): Promise<SignedIn> {
  const { talk, world } = parts;
  // Before the user is sent to a browser: a keychain that cannot be used should be known now.
  await parts.chooseKeychain(at.keychain);
  return logIn(world, at, {
    force: options.force === true,
    inBrowser: wantsBrowser(parts, options) ? inBrowser(parts, at, options) : undefined,
    showCode: (authorization) => showCode(parts, at, authorization, options),
    onWait: () => talk.say(`Another zsp is signing in to ${printable(at.name)}; waiting for it …`),
  });
}

function wantsBrowser({ isRemote }: LoginParts, { browser, qr, pkce, deviceCode }: LoginOptions): boolean {
  return pkce ?? (browser && !qr && !deviceCode && !isRemote());
}

/** The authorization code grant. Its address goes to the browser only by way of a page: whoever reads it could answer. */
function inBrowser(parts: LoginParts, at: SsoSession, { browser }: LoginOptions): InBrowser {
  const { talk } = parts;
  const { bold, cyan } = talk.style;
  const name = bold(printable(at.name));
  return {
    async listen(milliseconds) {
      try {
        return await startCallback(milliseconds);
      } catch (error) {
        const why = printable(String((error as NodeJS.ErrnoException).code), 40);
        talk.say(`Nothing can listen on 127.0.0.1 (${why}), so here is a code instead.\n`);
        return undefined;
      }
    },
    async open(uri, deadline) {
      const waiting = `Waiting for you until ${clockTime(deadline, parts.now())} (Ctrl-C stops) …`;
      if (!browser) {
        talk.say(`To sign in to ${name}, open this page in a browser of this machine:\n\n  ${cyan(uri)}\n\n${waiting}`);
        return true;
      }
      talk.say(`To sign in to ${name}, allow zsp in your browser, which opens now`);
      talk.say('(for a code to confirm instead: --device-code).');
      const opened = await handOver(uri, (url) => parts.openBrowser(url, at.browser));
      talk.say(opened ? waiting : 'No browser came, so here is a code instead.\n');
      return opened;
    },
  };
}

async function showCode(
  parts: LoginParts,
  at: SsoSession,
  authorization: DeviceAuthorization,
  options: LoginOptions,
): Promise<void> {
  const { talk } = parts;
  const uri = checkedUri(at, authorization);
  const { bold, cyan } = talk.style;
  talk.say(`To sign in to ${bold(printable(at.name))}, open this page and confirm the code:\n`);
  talk.say(`  ${cyan(uri)}`);
  talk.say(`  code: ${bold(printable(authorization.userCode, 40))}\n`);
  const opened = options.browser && (await parts.openBrowser(uri, at.browser));
  if (options.qr || (options.browser && !opened && talk.interactive)) showQrCode(talk, uri);
  const deadline = clockTime(authorization.expiration, parts.now());
  talk.say(`${opened ? 'Your browser should show it now. ' : ''}Waiting for you until ${deadline} (Ctrl-C stops) …`);
}

/** Neither a browser nor a person is sent anywhere but to AWS. */
function checkedUri(at: SsoSession, authorization: DeviceAuthorization): string {
  const { verificationUri, verificationUriComplete } = authorization;
  for (const uri of [verificationUriComplete, verificationUri]) {
    if (isAwsVerificationUri(uri, at.endpoints, at.startUrl)) return new URL(uri).href;
  }
  throw new ZspError('aws_unavailable', 'the sign-in page that was offered is not one of AWS', {
    remedy: `check sso_start_url and sso_region of [sso-session ${at.name}], and any proxy on the way`,
  });
}

function showQrCode(talk: Conversation, uri: string): void {
  const code = qrCode(uri, { columns: talk.columns ?? 80, coloured: talk.coloured });
  talk.say(code ?? '(this terminal is too narrow for the QR code)');
}
