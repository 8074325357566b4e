import { writeSync } from 'node:fs';
import { processAnswer } from '../broker/answer';
import { type Freshness, freshness } from '../broker/freshness';
import { credentialsName } from '../broker/item-names';
import { shellWindow } from '../broker/shell-window';
import { readItemNow } from '../keychain/read-item';
import { readSettings } from '../profile/settings';

type Env = NodeJS.ProcessEnv;

/**
 * Answers `credential-process --profile P` from the keychain if a session is held that was issued for what the profile says
 * now. Anything unusual is left to the miss path, which explains it.
 * @returns whether it was answered
 */
export async function serveHeld(args: readonly string[], env: Env): Promise<boolean> {
  const profile = profileOf(args);
  if (profile === undefined) return false;
  const settings = readSettings(profile, env);
  if (!settings) return false;
  const windowId = shellWindow(env, profile);
  const name = credentialsName({ configFile: settings.configFile, name: profile }, windowId);
  const text = await readItemNow(settings.keychain, name, env);
  const item = text === undefined ? undefined : parse(text);
  if (item?.settings !== settings.text || item.origin !== settings.origin) return false;
  // A permission set that is issued only while elevated is never kept outside a window: see broker/issue.ts.
  const state = freshnessOf(item);
  if (state !== 'serve' && state !== 'renew') return false;
  print(processAnswer(item.session));
  if (state === 'renew') renewBehind(args, env, name);
  return true;
}

/** Only the forms zsp writes into the config file. */
function profileOf(args: readonly string[]): string | undefined {
  const [flag, value] = args;
  if (args.length !== 2 || !value) return undefined;
  if (flag === '--profile') return value;
  if (flag !== '--profile-hex' || !/^(?:[0-9a-f]{2})+$/.test(value)) return undefined;
  return Buffer.from(value, 'hex').toString();
}

interface Item {
  readonly settings: string;
  readonly origin: string;
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
  try {
    const item = JSON.parse(text);
    const { accessKeyId, secretAccessKey, sessionToken, accountId, issuedAt, expiration } = item.session;
    const texts = [item.settings, item.origin, accessKeyId, secretAccessKey, sessionToken, accountId];
    const times = [issuedAt, expiration, item.window ? item.window.endsAt : 0];
    if (item.v !== 1 || !texts.every((value) => typeof value === 'string')) return undefined;
    return times.every(isInstant) ? item : undefined;
  } catch {
    return undefined;
  }
}

/** What can be written as a date. */
function isInstant(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value <= Date.UTC(9999, 11, 31);
}

function freshnessOf({ session, window }: Item): Freshness {
  return freshness({ ...session, windowEndsAt: window?.endsAt }, Date.now());
}

/** Straight to the file descriptor: making process.stdout costs more than everything else here. */
function print(line: string): void {
  const bytes = Buffer.from(line);
  for (let written = 0; written < bytes.length; ) {
    try {
      written += writeSync(1, bytes, written);
    } catch (error) {
      // A full pipe whose reader is slow: it is a matter of milliseconds.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
}

function renewBehind(args: readonly string[], env: Env, name: string): void {
  const { startRenewal } = require('./renewal') as typeof import('./renewal');
  startRenewal(args, env, name);
}
