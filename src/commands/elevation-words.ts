import type { Opened } from '../broker/elevation';
import { sessionSeconds } from '../broker/mint';
import { formatDuration } from '../duration';
import { lastPart } from '../profile/role-arn';
import type { Conversation } from '../terminal/conversation';
import { printable } from '../terminal/sanitize';
import { until } from '../terminal/time';
import type { Way } from './assume';
import type { AssumeTarget } from './assume-target';

interface Asked {
  readonly seconds: number;
  readonly way: Way;
}

/** Plain words about an elevation: what was asked for, what was given and why, and until when. */
export function announce(
  { talk, now }: { readonly talk: Conversation; now(): number },
  wanted: AssumeTarget,
  opened: Opened,
  asked: Asked,
): void {
  const { green, bold } = talk.style;
  const end = until(opened.window.endsAt, now());
  talk.say(`${green('✓')} ${bold(subject(wanted, asked))} until ${end}: ${powers(opened)}`);
  for (const line of [...remarks(opened, asked, now()), ...packedSize(opened)]) talk.say(`  ${line}`);
  if (asked.way !== 'window') return;
  const name = printable(wanted.profile.name);
  talk.say(`  in every shell: aws --profile ${name} …   end it sooner: zsp drop ${name}`);
}

function subject(wanted: AssumeTarget, { way }: Asked): string {
  const name = printable(wanted.profile.name);
  if (wanted.kind === 'profile') return `${name} is elevated`;
  const role = printable(lastPart(wanted.roleArn));
  return way === 'window' ? `${name} is ${role} EVERYWHERE` : `${role} from ${name}`;
}

function powers({ role, session }: Opened): string {
  if (!role) return `permission set in ${session.accountId}, unscoped`;
  const scopes = [...(role.policy ? [role.policy.name] : []), ...role.policyArns.map(lastPart)];
  return `role ${lastPart(role.roleArn)} in ${session.accountId}, ${scopes.length > 0 ? `scope ${scopes.join(', ')}` : 'unscoped'}`;
}

function remarks(opened: Opened, { seconds, way }: Asked, now: number): readonly string[] {
  const { role, session, window } = opened;
  const asked = formatDuration(seconds);
  if (!role) {
    return session.expiration > window.endsAt
      ? [
          `asked for ${asked}: a permission set's credentials cannot be shortened; zsp stops`,
          `serving them then, but what was handed out lives on at AWS until ${until(session.expiration, now)}`,
        ]
      : [];
  }
  if (seconds < 900) return [`asked for ${asked}: STS gives 15m at least; a fence ends it on time`];
  const each = sessionSeconds(role);
  if (each >= seconds) return [];
  const most = `${formatDuration(each)}${each === 3600 ? ", AWS's most here," : ''}`;
  return way === 'print'
    ? [`asked for ${asked}: given ${most} as what is printed cannot renew itself`]
    : [`asked for ${asked}: sessions of ${most} renew themselves until then`];
}

/** Nearly full, it will be refused with one more tag. */
function packedSize({ session: { packedPolicySize: size } }: Opened): readonly string[] {
  return size !== undefined && size > 80 ? [`the session policy and tags fill ${size} % of what STS takes`] : [];
}
