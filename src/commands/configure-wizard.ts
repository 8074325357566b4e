import type { AccountRoles } from '../broker/discovery';
import { ZspError } from '../errors';
import { checkChange } from '../profile/checked-change';
import { type Change, editConfig } from '../profile/edit';
import { regionPattern } from '../profile/endpoints';
import { defaultNameTemplate, nameTemplate } from '../profile/name-template';
import type { SsoSession } from '../profile/profile';
import type { Questions } from '../terminal/questions';
import { printable } from '../terminal/sanitize';
import { changeConfig } from './config-change';
import { type ConfigureProfilesParts, type ProfileChoice, profileChanges } from './configure-profiles';
import { sessionNameFor, ssoSessionChange } from './configure-sso';
import { type LoginParts, signInTo } from './login';
import { shellWord } from './options';
import { discoverReach } from './reach';

export interface WizardParts extends Omit<ConfigureProfilesParts, 'world'>, Omit<LoginParts, 'world'> {
  readonly world: ConfigureProfilesParts['world'];
  readonly questions: Questions;
  ssoSessions(): readonly SsoSession[];
  /** An sso-session of a text that is not on the disk yet. */
  ssoSessionIn(text: string, path: string, name: string): SsoSession;
}

export interface WizardOptions {
  /** Where the sign-in's secrets are kept. */
  readonly keychain?: string;
}

/** From a start URL to profiles: every answer is a flag of `configure sso` or `configure profiles`. */
export async function configureWizard(parts: WizardParts, { keychain }: WizardOptions): Promise<void> {
  const { talk } = parts;
  if (!talk.interactive) {
    throw new ZspError('usage', 'the wizard needs a terminal', {
      remedy: 'in scripts, use zsp configure sso and zsp configure profiles (see their --help)',
    });
  }
  const draft = parts.readConfig();
  const { name, changes } = await chooseSession(parts, draft, keychain);
  const at = parts.ssoSessionIn(editConfig(draft.text, changes).text, draft.path, name);
  await signInTo(parts, at, { browser: true });
  const accounts = await discoverReach(parts, at);
  const choice = await chooseProfiles(parts, at, accounts);
  const made = profileChanges(parts, { ...draft, text: editConfig(draft.text, changes).text }, at, accounts, choice);
  await changeConfig(parts, draft, [...changes, ...made], {});
  const same = [...changes.map(spokenSession), spokenProfiles(name, choice)];
  talk.say(`\nThe same without questions:\n${same.map((command) => `  ${talk.style.dim(command)}`).join('\n')}`);
}

const another = ' ';

async function chooseSession(
  parts: WizardParts,
  draft: { readonly text: string; readonly path: string },
  keychain: string | undefined,
): Promise<{ readonly name: string; readonly changes: readonly Change[] }> {
  const { questions } = parts;
  const sessions = parts.ssoSessions();
  if (sessions.length > 0) {
    const known = sessions.map(({ name, startUrl }) => ({ value: name, label: `${name}  ${startUrl}` }));
    const choices = [...known, { value: another, label: 'another one' }];
    const name = await questions.one('Which sign-in? (--session)', choices);
    const kept =
      keychain === undefined ? [] : [{ kind: 'sso-session' as const, name, set: { zsp_keychain: keychain } }];
    if (name !== another) return { name, changes: kept };
  }
  const checked = (name: string, url: string, region: string) => {
    try {
      const changes = [ssoSessionChange(name, url, region)];
      checkChange(draft.text, changes, { env: parts.env, path: draft.path, kind: 'sso-session', name });
      return undefined;
    } catch (error) {
      return error instanceof ZspError ? error.message.replace(/^.*: (?=expected )/, '') : 'this cannot be used';
    }
  };
  const wellKnown = { url: 'https://corp.awsapps.com/start', region: 'eu-west-1', name: 'corp' };
  const url = await questions.text("Your access portal's URL (--start-url)", '', (answer) =>
    checked(wellKnown.name, answer, wellKnown.region),
  );
  const region = await questions.text("Identity Center's region (--sso-region)", '', (answer) =>
    checked(wellKnown.name, url, answer),
  );
  const taken = new Set(sessions.map((session) => session.name));
  const name = await questions.text('A name for it (--session)', sessionNameFor(url), (answer) =>
    taken.has(answer) ? 'there is one of that name already' : checked(answer, url, region),
  );
  return { name, changes: [ssoSessionChange(name, url, region, keychain)] };
}

async function chooseProfiles(
  { questions }: WizardParts,
  at: SsoSession,
  accounts: readonly AccountRoles[],
): Promise<ProfileChoice> {
  const roles = [...new Set(accounts.flatMap((account) => account.roles))].sort();
  if (roles.length === 0) {
    throw new ZspError('access_denied', `${at.name} gives you no role in any account`, {
      remedy: 'ask the administrator of IAM Identity Center to assign you one',
    });
  }
  const chosenAccounts = await allOrSome(questions, 'accounts', '--accounts', accounts.map(asChoice));
  const offered = roles.map((role) => ({ value: role, label: role }));
  const chosenRoles = await allOrSome(questions, 'roles', '--roles', offered);
  const template = await questions.text('Names of the profiles (--name-template)', defaultNameTemplate, (answer) => {
    try {
      nameTemplate(answer);
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  });
  const region = await questions.text('Region of their calls (--region)', at.region, (answer) =>
    regionPattern.test(answer) ? undefined : 'expected a region like eu-west-1',
  );
  return { accounts: chosenAccounts, roles: chosenRoles, nameTemplate: template, region };
}

function asChoice({ accountId, accountName }: AccountRoles) {
  return { value: accountId, label: `${accountName}  ${accountId}` };
}

/** No choice means all, also those that are to come. */
async function allOrSome(
  questions: Questions,
  what: string,
  flag: string,
  choices: readonly { readonly value: string; readonly label: string }[],
): Promise<readonly string[]> {
  if (choices.length === 1) return [];
  const how = await questions.one(`Which ${what}? (${flag})`, [
    { value: 'all', label: `all ${choices.length}` },
    { value: 'some', label: 'choose' },
  ]);
  return how === 'all' ? [] : questions.several(`Which ${what}? Type to narrow, Tab to choose, Enter`, choices);
}

function spokenSession({ name, ...change }: Change): string {
  const { sso_start_url: url, sso_region: region, zsp_keychain: keychain } = 'set' in change ? change.set : {};
  if (url === undefined) return printable(`zsp configure set ${shellWord(name)} zsp_keychain=${keychain}`);
  const flags = [`--start-url ${shellWord(url)}`, `--sso-region ${region}`, `--session ${shellWord(name)}`];
  return printable(`zsp configure sso ${flags.join(' ')}${keychain === undefined ? '' : ` --keychain ${keychain}`}`);
}

function spokenProfiles(
  session: string,
  { accounts = [], roles = [], nameTemplate: template, region }: ProfileChoice,
): string {
  const flags = [
    `--session ${shellWord(session)}`,
    ...accounts.map((account) => `--accounts ${account}`),
    ...roles.map((role) => `--roles ${shellWord(role)}`),
    ...(template === undefined || template === defaultNameTemplate ? [] : [`--name-template ${shellWord(template)}`]),
    `--region ${region}`,
  ];
  return printable(`zsp configure profiles ${flags.join(' ')}`);
}
