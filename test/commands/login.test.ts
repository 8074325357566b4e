import { expect, test } from 'vitest';
import type { Grant } from '../../src/broker/ports';
import { loginCommand } from '../../src/commands/login';
import { ZspError } from '../../src/errors';
import { createConversation } from '../../src/terminal/conversation';
import { corp, openStage } from '../security/twins';
import { memoryStore } from '../support/memory-store';

/** Types `zsp login`, as far as the registration. @returns the grants it asks for, and what the user saw */
async function typed(args: readonly string[], remote: boolean) {
  const grants: Grant[] = [];
  let said = '';
  const stream = {
    write(text: string) {
      said += text;
    },
  };
  const { world } = openStage(memoryStore());
  const registerClient = (_at: unknown, grant: Grant) => {
    grants.push(grant);
    return Promise.reject(new ZspError('aws_unavailable', 'far enough'));
  };
  const command = loginCommand({
    talk: createConversation({ stdin: {}, stdout: stream, stderr: stream }, {}, { noColor: true, plain: false }),
    world: { ...world, signIn: { ...world.signIn, registerClient } },
    now: Date.now,
    ssoSession: () => corp,
    openBrowser: async () => false,
    isRemote: () => remote,
    chooseKeychain: async () => {},
    moveKeychain: () => Promise.reject(new Error('no keychain is moved here')),
  });
  await expect(command.parseAsync([...args], { from: 'user' })).rejects.toThrow('far enough');
  return { grants, said };
}

test.each<[string, readonly string[], 'local' | 'remote', Grant]>([
  ['by itself where a browser is local', [], 'local', 'authorization_code'],
  ['not where it is remote', [], 'remote', 'device_code'],
  ['where it is asked for', ['--pkce'], 'remote', 'authorization_code'],
  ['where it is asked for and the user opens the page', ['--pkce', '--no-browser'], 'remote', 'authorization_code'],
  ['not with --device-code', ['--device-code'], 'local', 'device_code'],
  ['not without a browser', ['--no-browser'], 'local', 'device_code'],
  ['not with a QR code, which is for another device', ['--qr'], 'local', 'device_code'],
])('PKCE is chosen %s', async (_when, args, where, expected) => {
  expect(await typed(args, where === 'remote')).toEqual({ grants: [expected], said: '' });
});
