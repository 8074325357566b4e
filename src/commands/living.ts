import type { Held } from '../broker/inventory';
import { lastPart } from '../profile/role-arn';
import type { Conversation } from '../terminal/conversation';
import { printable } from '../terminal/sanitize';
import { until } from '../terminal/time';

/** What is held, as a person calls it: a profile, or the role that was assumed from one. */
export function called({ profile, role, elevated }: Held['item']): string {
  const name = printable(profile, 40);
  return elevated?.onTop ? `${printable(lastPart(role))} from ${name}` : name;
}

/** Says which credentials that were handed out live on: AWS takes nothing back that STS has signed. */
export function livesOn(talk: Conversation, living: readonly Held[], now: number): void {
  const rows = living
    .filter(({ item }) => item.session.expiration > now)
    .map(({ item }) => [called(item), until(item.session.expiration, now)] as const);
  const [only] = rows;
  if (only && rows.length === 1) {
    talk.say(`What was handed out for ${only[0]} lives on at AWS until ${only[1]}.`);
    return;
  }
  if (rows.length > 0) talk.say('What was handed out lives on at AWS until it ends by itself:');
  const width = Math.max(...rows.map(([name]) => name.length));
  for (const [name, end] of rows) talk.say(`  ${name.padEnd(width)}  until ${end}`);
}
