import { expect, test } from 'vitest';
import { openWindow } from '../../src/broker/elevation';
import { dropCommand } from '../../src/commands/drop';
import { ZspError } from '../../src/errors';
import { createConversation } from '../../src/terminal/conversation';
import { corp, openStage, profile, role, signedIn } from '../security/twins';
import { memoryStore } from '../support/memory-store';

test('drop --all ends the windows of one sign-in where the keychain of another fails', async () => {
  const stage = openStage(memoryStore());
  await signedIn(stage);
  const dev = profile('dev', { role: role('dev') });
  const { name } = await openWindow(stage.world, dev, { seconds: 900, adHoc: false });
  const silent = new ZspError('keychain_unavailable', 'the keychain did not answer in time', { remedy: 'wait' });
  const lab = { ...corp, name: 'lab' };
  const command = dropCommand({
    talk: createConversation(process, {}, { noColor: true, plain: true }),
    world: { ...stage.world, items: (at) => (at === lab ? Promise.reject(silent) : stage.world.items(at)) },
    env: {},
    now: () => stage.now,
    profile: () => dev,
    ssoSessions: () => [lab, corp],
  });
  await expect(command.parseAsync(['--all'], { from: 'user' })).rejects.toBe(silent);
  expect(await (await stage.world.items(corp)).credentials(name)).toBeUndefined();
});
