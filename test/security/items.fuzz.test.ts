import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { processAnswer } from '../../src/broker/answer';
import { openWindow } from '../../src/broker/elevation';
import { inventory } from '../../src/broker/inventory';
import { issue } from '../../src/broker/issue';
import { encodeItem } from '../../src/broker/item-content';
import { credentialsName, permissionSetName, signInName } from '../../src/broker/item-names';
import { shellWindow, shellWindowValue } from '../../src/broker/shell-window';
import { logOut } from '../../src/broker/sign-out';
import { ZspError } from '../../src/errors';
import { decodeProfileHex } from '../../src/profile/process-line';
import { Secret } from '../../src/secret';
import { fuzz } from '../support/fuzz';
import { memoryStore } from '../support/memory-store';
import { changed } from './changed-json';
import { corp, openStage, profile, role, signedIn } from './twins';

const deploy = profile('deploy', { role: role('deploy') });
const admin = { role: { ...role('admin'), tags: { accessToken: 'a tag of that name' } }, onTop: true };
const held = credentialsName(deploy);

/** What the broker itself keeps, as text by item name. */
async function whatIsKept(): Promise<Readonly<Record<string, string>>> {
  const stage = openStage(memoryStore());
  await signedIn(stage);
  await openWindow(stage.world, deploy, { seconds: 7200, reason: 'fuzz', elevated: admin, adHoc: false });
  const names = ['index', ...(await (await stage.world.items(corp)).names())];
  const texts = names.map(async (name) => [name, (await stage.store.get(name))?.open() ?? ''] as const);
  return Object.fromEntries(await Promise.all(texts));
}

/** Ends in a whole answer or a ZspError of one clean line, and shows nothing that is kept. */
async function endsWell(work: () => Promise<unknown>): Promise<void> {
  const error = await work().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error === undefined) return;
  if (!(error instanceof ZspError)) throw error;
  expect(error.code).not.toBe('internal');
  expect(`${error.message}${error.remedy}`).not.toMatch(/secret-|token-|access\b|refresh\b|client-secret/);
}

describe('any content of the keychain', async () => {
  const kept = await whatIsKept();
  const oddTexts = fc.oneof(fc.string({ unit: 'binary' }), fc.json(), fc.constant('{"__proto__":{"v":1}}'));
  const content = fc
    .constantFrom(...Object.keys(kept))
    .chain((name) => fc.tuple(fc.constant(name), fc.oneof(changed(kept[name] ?? '{}'), oddTexts)));

  test('fuzz: what was not tampered with is read as it was written', async () => {
    const stage = openStage(memoryStore());
    for (const [name, text] of Object.entries(kept)) await stage.store.set(name, new Secret(text));
    const items = await stage.world.items(corp);
    const found = [await items.signIn(corp), await items.credentials(held)];
    expect(found.map((item) => item && JSON.parse(encodeItem(item).open()))).toEqual(
      [signInName(corp), held].map((name) => JSON.parse(kept[name] ?? '')),
    );
    expect((await items.credentials(held))?.elevated?.role.tags).toEqual(admin.role.tags);
  });

  test('fuzz: is an item or none, and every verb ends in a right answer or a clean error', async () => {
    await fc.assert(
      fc.asyncProperty(content, async ([name, text]) => {
        const stage = openStage(memoryStore());
        for (const [each, original] of Object.entries(kept)) await stage.store.set(each, new Secret(original));
        await stage.store.set(name, new Secret(text));
        stage.now += 45 * 60_000;
        await endsWell(async () => {
          const { session } = await issue(stage.world, deploy);
          const open = { secretAccessKey: session.secretAccessKey.open(), sessionToken: session.sessionToken.open() };
          expect(JSON.parse(processAnswer({ ...session, ...open })).Version).toBe(1);
        });
        await endsWell(async () => {
          const { signIn, held: all } = await inventory(stage.world, corp);
          for (const { item } of all) {
            const times = [item.session.expiration, item.window?.endsAt ?? 0, signIn?.expiration ?? 0];
            for (const time of times) new Date(time).toISOString();
          }
        });
        await endsWell(() => openWindow(stage.world, deploy, { seconds: 600, elevated: admin, adHoc: true }));
        await endsWell(() => logOut(stage.world, corp));
        expect(Object.keys(Object.prototype)).toEqual([]);
      }),
      fuzz(),
    );
  }, 600_000);
});

describe('names', () => {
  const part = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom(':', '%', '%3A', ':0123456789abcdef', '/'));
  const id = fc.option(fc.stringMatching(/^[0-9a-f]{16}$/), { nil: undefined });
  const owner = fc.tuple(part, part, id);
  const nameOf = ([configFile, name, windowId]: readonly [string, string, string | undefined]) =>
    credentialsName({ configFile, name }, windowId);

  test('fuzz: two profiles, config files or windows never share an item', () => {
    fc.assert(
      fc.property(owner, owner, (one, other) => {
        expect(nameOf(one) === nameOf(other)).toBe(JSON.stringify(one) === JSON.stringify(other));
        expect(nameOf(one)).not.toBe(permissionSetName(one[0], one[1], ''));
      }),
      fuzz(),
    );
  });

  test('fuzz: ZSP_WINDOW is the window of exactly the profile it names, or of none', () => {
    fc.assert(
      fc.property(fc.oneof(part, fc.string({ unit: 'binary' })), part, (value, name) => {
        const found = shellWindow({ ZSP_WINDOW: value }, name);
        expect(found === undefined || shellWindowValue(found, name) === value).toBe(true);
        expect(shellWindow({ ZSP_WINDOW: shellWindowValue('0123456789abcdef', name) }, name)).toBe('0123456789abcdef');
      }),
      fuzz(),
    );
  });

  test('fuzz: --profile-hex is a name or a clean refusal', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('hex')),
        ),
        (hex) => {
          try {
            expect(Buffer.from(decodeProfileHex(hex)).toString('hex')).toBe(hex.toLowerCase());
          } catch (error) {
            expect(error).toMatchObject({ code: 'usage' });
          }
        },
      ),
      fuzz(),
    );
  });
});
