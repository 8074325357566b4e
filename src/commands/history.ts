import { Command } from 'commander';
import { ZspError } from '../errors';
import type { Verification } from '../ledger/chain';
import type { LedgerEntry } from '../ledger/event';
import { lastPart } from '../profile/role-arn';
import type { Conversation } from '../terminal/conversation';
import { printable, printableJson } from '../terminal/sanitize';
import { table } from '../terminal/table';
import { clockTime } from '../terminal/time';

export interface HistoryParts {
  readonly talk: Conversation;
  now(): number;
  readLedger(): AsyncIterable<LedgerEntry>;
  verifyLedger(): Promise<Verification>;
}

interface Options {
  readonly json?: boolean;
  readonly last?: string;
}

export function historyCommand(parts: HistoryParts): Command {
  const history = new Command('history')
    .summary('what was issued, to whom, why and until when')
    .description('Shows the ledger: sign-ins, credentials, elevations with their reasons, refusals.')
    .option('--json', 'print one JSON object a line')
    .option('-n, --last <count>', 'only the last entries', '50')
    .addHelpText('after', '\nExample:\n  zsp history --last 10')
    .action((options: Options) => show(parts, options));
  history
    .command('verify')
    .summary('check that no line was changed, removed or put back')
    .description(
      'Follows the chain of the ledger to the head in the keychain. It is no defence against yourself: CloudTrail is.',
    )
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  zsp history verify')
    .action((options: Options, command: Command) => verify(parts, { ...command.parent?.opts(), ...options }));
  return history;
}

async function show({ talk, now, readLedger }: HistoryParts, { json, last }: Options): Promise<void> {
  const count = Number(last);
  if (!Number.isInteger(count) || count < 1) {
    throw new ZspError('usage', `--last is not a number from 1: ${JSON.stringify(printable(last ?? '', 40))}`, {
      remedy: 'run: zsp history --help',
    });
  }
  const entries: LedgerEntry[] = [];
  for await (const entry of readLedger()) {
    entries.push(entry);
    if (entries.length > count) entries.shift();
  }
  if (json) for (const entry of entries) talk.answer(`${printableJson(entry)}\n`);
  else if (entries.length === 0) talk.say('Nothing has been issued yet.');
  else showTable(talk, entries, now());
}

/** Who it was is said once where it was always the same person: that leaves room for the reasons. */
function showTable(talk: Conversation, entries: readonly LedgerEntry[], now: number): void {
  const people = new Set(entries.flatMap(({ event, user }) => (event === 'issue' ? [user] : [])));
  const [person] = people;
  const who = people.size > 1;
  const titles = ['TIME', 'EVENT', 'PROFILE', 'ROLE', 'UNTIL', ...(who ? ['WHO'] : []), 'REASON'];
  const rows = entries.map((entry) => row(entry, now, who));
  talk.answer(table(titles, rows, { heading: talk.answerStyle.bold, width: talk.columns }));
  if (person !== undefined && !who) talk.say(`Issued to ${printable(person)} alone.`);
}

function row(entry: LedgerEntry, now: number, who: boolean): readonly string[] {
  const end = entry.endsAt ?? entry.expiration;
  return [
    clockTime(Date.parse(entry.time), now),
    entry.event,
    entry.profile ?? entry.ssoSession ?? '',
    accountAndRole(entry),
    end && !Number.isNaN(Date.parse(end)) ? clockTime(Date.parse(end), now) : '',
    ...(who ? [entry.user ?? ''] : []),
    entry.reason ?? '',
  ];
}

/** `444455556666/deploy`: a whole ARN leaves no room for the rest. */
function accountAndRole({ roleArn, accountId, roleName }: LedgerEntry): string {
  if (roleArn !== undefined) return `${roleArn.split(':')[4] ?? ''}/${lastPart(roleArn)}`;
  return roleName === undefined ? '' : `${accountId ?? ''}/${roleName}`;
}

async function verify({ talk, verifyLedger }: HistoryParts, { json }: Options): Promise<void> {
  const { entries, findings } = await verifyLedger();
  if (json) talk.answer(`${JSON.stringify({ entries, findings })}\n`);
  else if (findings.length === 0)
    talk.answer(`${talk.answerStyle.green('✓')} ${entries} entries, each as it was written.\n`);
  else for (const { message } of findings) talk.answer(`${message}\n`);
  const [first] = findings;
  if (first) {
    throw new ZspError('findings', `the ledger does not verify: line ${first.line}, ${first.kind}`, {
      remedy: 'compare with CloudTrail what was issued since, and keep a copy of the file',
    });
  }
}
