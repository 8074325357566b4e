import { Command } from 'commander';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { processAnswer } from '../../src/broker/answer';
import { openWindow } from '../../src/broker/elevation';
import { issue } from '../../src/broker/issue';
import { credentialsName } from '../../src/broker/item-names';
import { credentialProcessCommand } from '../../src/commands/credential-process';
import { ZspError } from '../../src/errors';
import { heldAnswer, profileOf } from '../../src/hot/credential-process';
import type { Profile } from '../../src/profile/profile';
import { resolveProfile } from '../../src/profile/resolve';
import { readSettings } from '../../src/profile/settings';
import { Secret } from '../../src/secret';
import { fuzz } from '../support/fuzz';
import { memoryStore } from '../support/memory-store';
import { newHome } from '../support/zsp';
import { changed } from './changed-json';
import { openStage, profile, role, signedIn } from './twins';

/** A hit is read by a parser of its own, which may refuse what the miss path would serve, and never the other way round. */

const deploy = profile('deploy', { role: role('deploy') });
const guarded = profile('deploy', { role: role('deploy'), elevationRequiredBy: 'deploy' });
const held = credentialsName(deploy);

/** What the broker keeps of a session, ordinary or inside a window. */
async function kept(of: Profile): Promise<string> {
  const stage = openStage(memoryStore());
  await signedIn(stage);
  if (of.elevationRequiredBy === undefined) await issue(stage.world, of);
  else await openWindow(stage.world, of, { seconds: 7200, reason: 'fuzz', adHoc: false });
  return (await stage.store.get(held))?.open() ?? '';
}

describe('what is held', async () => {
  const texts = [await kept(deploy), await kept(guarded)];
  const text = fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...texts).chain((one) => fc.oneof(fc.constant(one), changed(one))) },
    fc.string({ unit: 'binary' }),
    fc.json(),
  );
  const seconds = fc.integer({ min: -60, max: 3 * 3600 });

  test('fuzz: is answered on a hit only as the miss path would, and never where that would mint', async () => {
    let answered = 0;
    const property = fc.asyncProperty(text, fc.constantFrom(deploy, guarded), seconds, async (item, of, later) => {
      const stage = openStage(memoryStore());
      await signedIn(stage);
      stage.now += later * 1000;
      const { settings: text, configFile, name, elevationRequiredBy } = of;
      const elevated = elevationRequiredBy !== undefined;
      const settings = { configFile, profile: name, text, keychain: 'auto', elevated } as const;
      const answer = heldAnswer(item, settings, stage.now);
      if (!answer) return;
      answered += 1;
      await stage.store.set(held, new Secret(item));
      const { session } = await issue(stage.world, of);
      const open = { secretAccessKey: session.secretAccessKey.open(), sessionToken: session.sessionToken.open() };
      expect(answer.line).toBe(processAnswer({ ...session, ...open }));
      expect(stage.assumed).toEqual([]);
    });
    await fc.assert(property, fuzz());
    expect(answered).toBeGreaterThan(0);
  }, 600_000);
});

describe('the arguments', () => {
  /** What commander reads, of what src/main.ts gives it: nothing that follows `--`. */
  async function profileOnMiss(args: readonly string[]): Promise<string | undefined> {
    const own = args.includes('--') ? args.slice(0, args.indexOf('--')) : args;
    let name: string | undefined;
    const serve = async (found: string) => {
      name = found;
    };
    const parts = { env: {}, serve } as never;
    const verb = credentialProcessCommand(parts)
      .exitOverride()
      .configureOutput({ writeErr() {}, writeOut() {} });
    const program = new Command('zsp').exitOverride().configureOutput({ writeErr() {}, writeOut() {} });
    program.addCommand(verb);
    await program.parseAsync(['credential-process', ...own], { from: 'user' }).catch(() => {});
    return name;
  }

  const name = fc.oneof(
    fc.constantFrom('--', '-x', '--help', '--ahead', '__proto__', 'ff', 'c3a9', 'C3A9', ''),
    fc.string(),
  );
  const hex = fc.uint8Array({ maxLength: 6 }).map((bytes) => Buffer.from(bytes).toString('hex'));
  const flag = fc.constantFrom('--profile', '--profile-hex', '--ahead', '--', '--profile=dev');

  test('fuzz: name the profile on a hit that they name on a miss, or none', async () => {
    const args = fc.oneof(fc.tuple(flag, fc.oneof(name, hex)), fc.array(fc.oneof(flag, name, hex), { maxLength: 3 }));
    let named = 0;
    await fc.assert(
      fc.asyncProperty(args, async (given) => {
        const onHit = profileOf(given);
        if (onHit === undefined) return;
        named += 1;
        expect(await profileOnMiss(given)).toBe(onHit);
      }),
      fuzz(),
    );
    expect(named).toBeGreaterThan(0);
  }, 600_000);
});

describe('the config file', () => {
  const home = newHome();
  afterAll(() => home.cleanup());
  const { env } = home;

  const config = `[sso-session corp]
sso_start_url = https://corp.awsapps.com/start
sso_region = eu-west-1
zsp_keychain = file

[profile dev]
region = eu-west-1
zsp_sso_session = corp
zsp_sso_account_id = 111122223333
zsp_sso_role_name = Developer

[profile deploy]
zsp_source_profile = dev
zsp_role_arn = arn:aws:iam::444455556666:role/deploy
zsp_session_policy = {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}
`.split('\n');

  const line = fc.oneof(
    fc.constantFrom(
      ...['', '# note', '[profile deploy]', '[profile dev', '[profile other]', '[sso-session corp]', '[default]'],
      ...['role_arn = x', 'aws_access_key_id = AKIA', 'sso_session = corp', 'use_fips_endpoint = true'],
      ...['use_fips_endpoint = maybe', 'zsp_elevation = required', 'zsp_elevation =', '  zsp_elevation = required'],
      ...[
        'ZSP_DURATION = 15m',
        'zsp_duration = 5s',
        'zsp_durations = 1h',
        'zsp_elevation: required',
        'region = us-gov-west-1',
      ],
      ...[
        'zsp_source_profile = deploy',
        'zsp_keychain = paper',
        'zsp_endpoint_url = http://127.0.0.1:1',
        'output = json',
      ],
      ...['zsp_session_policy = /dev/zero', 'zsp_session_policy = none', 'zsp_reason = required', 'sso_region ='],
    ),
    fc.string({ maxLength: 12 }),
    fc.string({ unit: 'binary', maxLength: 12 }),
  );
  /** At a line: one more, another one, or none. */
  const edit = fc.tuple(fc.nat(config.length - 1), fc.constantFrom(0, 1), fc.option(line, { nil: undefined }));
  const bytes = fc.array(edit, { maxLength: 3 }).map((edits) => {
    const lines = [...config];
    for (const [at, removed, added] of edits) lines.splice(at, removed, ...(added === undefined ? [] : [added]));
    return lines.join('\n');
  });

  const resolved = (name: string): Profile | undefined => {
    try {
      return resolveProfile(name, env);
    } catch (error) {
      if (error instanceof ZspError && error.code === 'config_invalid') return undefined;
      throw error;
    }
  };

  test('fuzz: says the same of a profile on a hit and on a miss', () => {
    home.write('.aws/config', config.join('\n'));
    const issuedFor = new Set(['dev', 'deploy'].map((name) => resolved(name)?.settings));
    expect(issuedFor.size).toBe(2);
    let agreed = 0;
    fc.assert(
      fc.property(bytes, fc.constantFrom('dev', 'deploy'), (text, name) => {
        home.write('.aws/config', text);
        const onMiss = resolved(name);
        const onHit = readSettings(name, env);
        // A hit compares with settings that were accepted once: where they are the same, they are acceptable still.
        if (!onMiss) {
          expect(issuedFor.has(onHit?.text)).toBe(false);
          return;
        }
        agreed += 1;
        const { configFile, settings, ssoSession, elevationRequiredBy } = onMiss;
        const all = { configFile, text: settings, keychain: ssoSession.keychain, profile: name };
        expect(onHit).toEqual({ ...all, elevated: elevationRequiredBy !== undefined });
      }),
      fuzz(),
    );
    expect(agreed).toBeGreaterThan(0);
  }, 600_000);
});
