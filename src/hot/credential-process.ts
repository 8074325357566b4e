import { writeSync } from 'node:fs';
import { processAnswer } from '../broker/answer';
import { freshness, servedUntil } from '../broker/freshness';
import { credentialsName } from '../broker/item-names';
import { isCredentials, parseFields } from '../broker/item-shape';
import { shellWindow } from '../broker/shell-window';
import { ZspError } from '../errors';
import { readItemNow } from '../keychain/read-item';
import type { Texts } from '../keychain/secret-service';
import { readSettings, type Settings } from '../profile/settings';

type Env = NodeJS.ProcessEnv;

/**
 * Answers `credential-process --profile P` from the keychain if a session is held that was issued for what the profile says
 * now. Anything unusual is left to the miss path, which explains it.
 * @param keyring keeps what is opened, for what comes after a miss
 * @returns until when it can be answered like this, epoch milliseconds; undefined if it was not answered
 */
export async function serveHeld(args: readonly string[], env: Env, keyring: Texts): Promise<number | undefined> {
  const profile = profileOf(args);
  if (profile === undefined) return undefined;
  const settings = readSettings(profile, env);
  if (!settings) return undefined;
  const windowId = shellWindow(env, profile);
  const name = credentialsName({ configFile: settings.configFile, name: profile }, windowId);
  const text = await readItemNow(settings.keychain, name, env, keyring);
  const answer = text === undefined ? undefined : heldAnswer(text, settings, Date.now());
  if (!answer) return undefined;
  print(answer.line);
  if (answer.renew) renewBehind(args, env, name);
  return answer.until;
}

/** What an item's text answers, if its session still serves the profile; never where broker/issue.ts would mint. */
export function heldAnswer(
  text: string,
  settings: Settings,
  now: number,
): { line: string; renew: boolean; until: number } | undefined {
  const item = parse(text);
  if (item?.settings !== settings.text) return undefined;
  if (settings.elevated && !item.window) return undefined;
  const state = freshness({ ...item.session, windowEndsAt: item.window?.endsAt }, now);
  if (state !== 'serve' && state !== 'renew') return undefined;
  return { line: processAnswer(item.session), renew: state === 'renew', until: servedUntil(item.session) };
}

/** Only the forms zsp writes into the config file. */
export function profileOf(args: readonly string[]): string | undefined {
  const [flag, value] = args;
  if (args.length !== 2 || !value) return undefined;
  if (flag === '--profile') return value.startsWith('-') ? undefined : value;
  if (flag !== '--profile-hex') return undefined;
  const name = Buffer.from(value, 'hex').toString();
  // What is no UTF-8, or not hexadecimal, does not come back.
  return Buffer.from(name).toString('hex') === value ? name : undefined;
}

interface Item {
  readonly settings: string;
  readonly session: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken: string;
    readonly issuedAt: number;
    readonly expiration: number;
    readonly accountId: string;
  };
  readonly window?: { readonly endsAt: number };
}

function parse(text: string): Item | undefined {
  const found = parseFields(text);
  return isCredentials(found) ? (found as unknown as Item) : undefined;
}

/** Straight to the file descriptor: making process.stdout costs more than everything else here. @throws ZspError `storage_failed` */
export function print(line: string): void {
  const bytes = Buffer.from(line);
  for (let written = 0; written < bytes.length; ) {
    try {
      written += writeSync(1, bytes, written);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // A reader that has gone wants nothing more.
      if (code === 'EPIPE') return;
      // A full pipe whose reader is slow: it is a matter of milliseconds.
      if (code === 'EAGAIN') continue;
      throw new ZspError('storage_failed', `cannot write the answer (${code ?? 'unknown error'})`, {
        remedy: 'check where the output goes',
        cause: error,
      });
    }
  }
}

function renewBehind(args: readonly string[], env: Env, name: string): void {
  const { startRenewal } = require('./renewal') as typeof import('./renewal');
  startRenewal(args, env, name);
}
