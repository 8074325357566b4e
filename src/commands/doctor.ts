import { Command } from 'commander';
import type { Check, DoctorWorld, Finding } from '../doctor/check';
import { checks, examine, idleReason } from '../doctor/checks';
import { ZspError } from '../errors';
import type { Conversation } from '../terminal/conversation';
import type { Prompt } from '../terminal/prompt';
import { printable } from '../terminal/sanitize';

export interface DoctorParts {
  readonly talk: Conversation;
  readonly prompt: Prompt;
  doctorWorld(): Promise<DoctorWorld>;
}

interface Options {
  readonly json?: boolean;
  readonly fix?: boolean;
  readonly yes?: boolean;
}

export function doctorCommand(parts: DoctorParts): Command {
  return new Command('doctor')
    .summary('find what will bite, each with its remedy')
    .description(
      'Looks at profiles, environment, keychain, clock, network and files, and says what will bite and what to do.',
    )
    .option('--json', 'print JSON')
    .option('--fix', 'offer to mend what zsp can mend by itself')
    .option('-y, --yes', 'with --fix: do so without asking')
    .addHelpText('after', '\nExamples:\n  zsp doctor\n  zsp doctor --fix')
    .action((options: Options) => doctor(parts, options));
}

interface Examined {
  readonly name: string;
  readonly findings: readonly Finding[];
  /** Why it was not checked. */
  readonly idle: string | undefined;
}

async function doctor(parts: DoctorParts, options: Options): Promise<void> {
  const { talk, prompt } = parts;
  if (options.fix && !options.yes && !prompt.interactive) {
    throw new ZspError('usage', 'there is no terminal to ask on', { remedy: 'run: zsp doctor --fix --yes' });
  }
  const world = await parts.doctorWorld();
  const examined: Examined[] = [];
  for (const check of checks) {
    const idle = await idleReason(check, world);
    const findings = idle === undefined ? await look(parts, check, world, options) : [];
    const result = { name: check.name, findings, idle };
    examined.push(result);
    if (!options.json) show(talk, result);
  }
  if (options.json) talk.answer(`${JSON.stringify(asJson(world, examined), undefined, 2)}\n`);
  else talk.answer(`${versionsLine(world)}\n`);
  const count = examined.flatMap(({ findings }) => findings).length;
  if (count > 0) {
    const message = count === 1 ? 'one thing will bite' : `${count} things will bite`;
    throw new ZspError('findings', message, { remedy: 'do what is said beside each, then run zsp doctor again' });
  }
}

/** Looks again once something was mended: the check itself says whether that helped. */
async function look({ talk, prompt }: DoctorParts, check: Check, world: DoctorWorld, { fix, yes }: Options) {
  const findings = await examine(check, world);
  let mended = false;
  for (const finding of fix ? findings : []) {
    if (!finding.fix) continue;
    const question = printable(finding.fix.question);
    if (!yes && !(await prompt.confirm(question, false))) continue;
    if (yes) talk.say(`${question} Yes.`);
    finding.fix.apply();
    mended = true;
  }
  return mended ? examine(check, world) : findings;
}

function show({ answer, answerStyle }: Conversation, { name, findings, idle }: Examined): void {
  const { green, red, bold, dim } = answerStyle;
  if (idle !== undefined) answer(`${dim(`- not checked: ${name} (${printable(idle)})`)}\n`);
  else if (findings.length === 0) answer(`${green('✓')} ${name}\n`);
  for (const { message, remedy } of findings) {
    answer(`${red('✗')} ${bold(printable(message))}\n  ${printable(remedy)}\n`);
  }
}

function versionsLine({ versions: { zsp, node, aws } }: DoctorWorld): string {
  return `zsp ${zsp}, Node ${node}, ${aws === undefined ? 'no AWS CLI' : `AWS CLI ${printable(aws, 40)}`}`;
}

function asJson({ versions }: DoctorWorld, examined: readonly Examined[]): object {
  const checksShown = examined.map(({ name, findings, idle }) => ({
    name,
    ...(idle !== undefined && { notChecked: idle }),
    findings: findings.map(({ message, remedy, fix }) => ({ message, remedy, fixable: fix !== undefined })),
  }));
  return { versions, checks: checksShown };
}
