import type { Held } from '../broker/inventory';
import type { Conversation } from '../terminal/conversation';
import { printable } from '../terminal/sanitize';
import { until } from '../terminal/time';

/** Says which credentials that were handed out live on: AWS takes nothing back that STS has signed. */
export function livesOn(talk: Conversation, living: readonly Held[], now: number): void {
  const still = living.filter(({ item }) => item.session.expiration > now);
  if (still.length === 0) return;
  talk.say('What was handed out already lives on at AWS until it ends by itself:');
  for (const { item } of still)
    talk.say(`  ${printable(item.profile, 40)}  until ${until(item.session.expiration, now)}`);
}
