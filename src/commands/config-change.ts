import type { Command } from 'commander';
import type { Lock } from '../broker/ports';
import { ZspError } from '../errors';
import type { Env } from '../places';
import { type Change, editConfig, type Hunk } from '../profile/edit';
import { findSection } from '../profile/sections';
import type { ConfigDraft } from '../profile/write-config';
import type { Conversation } from '../terminal/conversation';
import type { Prompt } from '../terminal/prompt';
import { printable } from '../terminal/sanitize';
import type { Palette } from '../terminal/style';
import { shellWord } from './options';

export interface ConfigChangeParts {
  readonly talk: Conversation;
  readonly prompt: Prompt;
  readonly env: Env;
  readonly world: { readonly lock: Lock };
  readConfig(): ConfigDraft;
  writeConfig(draft: ConfigDraft, text: string): void;
  /** The `credential_process` of a profile. */
  processLine(profile: string): string;
}

export interface ChangeOptions {
  readonly yes?: boolean;
  readonly dryRun?: boolean;
}

export function withChangeOptions(command: Command): Command {
  return command
    .option('-y, --yes', 'write without asking')
    .option('--dry-run', 'show what would change, and write nothing');
}

/** More of a change than this is not read by anybody. */
const longestDiff = 200;

/** Shows what would change, asks, and writes. Where nothing would change it says so. */
export async function changeConfig(
  parts: ConfigChangeParts,
  draft: ConfigDraft,
  changes: readonly Change[],
  options: ChangeOptions,
): Promise<void> {
  const { talk, prompt } = parts;
  const { text, hunks } = editConfig(draft.text, changes);
  const path = printable(draft.path);
  if (hunks.length === 0) {
    talk.answer(`${path} is as it should be; nothing to change.\n`);
    return;
  }
  if (options.dryRun) {
    for (const line of diffLines(hunks, talk.answerStyle)) talk.answer(`${line}\n`);
    return;
  }
  for (const line of diffLines(hunks, talk.style, longestDiff)) talk.say(line);
  for (const name of leftBehind(draft.text, changes)) {
    const command = `zsp logout ${shellWord(name)}`;
    talk.say(
      `If you are signed in to ${printable(name)}, run ${command} first: zsp will not find that sign-in any more.`,
    );
  }
  if (!options.yes && !(await confirmed(prompt, path))) {
    talk.say('Nothing was written.');
    return;
  }
  await parts.world.lock('aws-config', async () => parts.writeConfig(draft, text));
  talk.answer(`${talk.answerStyle.green('✓')} Wrote ${path} (${counted(hunks)}).\n`);
}

/** By these a sign-in is found: src/broker/item-names.ts. */
const signInKeys = ['sso_start_url', 'sso_region', 'zsp_keychain', 'zsp_endpoint_url'];

/** The sso-sessions whose sign-in, if one is held, would stay in a keychain where no logout looks for it. */
function leftBehind(text: string, changes: readonly Change[]): readonly string[] {
  return changes.flatMap((change) => {
    if (change.kind !== 'sso-session' || !('set' in change)) return [];
    const { name, set } = change;
    const before = findSection(text, change.kind, name)?.values;
    return before && signInKeys.some((key) => key in set && set[key] !== before.get(key)?.text) ? [name] : [];
  });
}

async function confirmed(prompt: Prompt, path: string): Promise<boolean> {
  if (prompt.interactive) return prompt.confirm(`Write this to ${path}?`, true);
  throw new ZspError('usage', 'there is no terminal to ask on whether to write this', {
    remedy: 'add --yes to write it, or --dry-run to see it only',
  });
}

/** @param most lines; the others are not made fit for a terminal either, since there may be tens of thousands */
function diffLines(hunks: readonly Hunk[], { red, green, cyan }: Palette, most?: number): readonly string[] {
  let section: string | undefined;
  const lines = hunks.flatMap((hunk) => {
    const head =
      hunk.section !== section && hunk.section !== undefined ? [{ style: cyan, text: `@@ ${hunk.section}` }] : [];
    section = hunk.section;
    return [
      ...head,
      ...hunk.removed.map((line) => ({ style: red, text: `- ${line}` })),
      ...hunk.added.map((line) => ({ style: green, text: `+ ${line}` })),
    ];
  });
  const shown = lines.slice(0, most).map(({ style, text }) => style(printable(text).trimEnd()));
  const more = lines.length - shown.length;
  return more > 0 ? [...shown, `… and ${more} more lines; --dry-run shows them all`] : shown;
}

function counted(hunks: readonly Hunk[]): string {
  const sum = (side: 'added' | 'removed') => hunks.reduce((total, hunk) => total + hunk[side].length, 0);
  const added = sum('added');
  return `${added} ${added === 1 ? 'line' : 'lines'} added, ${sum('removed')} removed`;
}
