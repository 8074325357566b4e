import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ZspError } from '../../src/errors';
import { credentialProcessLine, decodeProfileHex } from '../../src/profile/process-line';
import { fuzz } from '../support/fuzz';

const line = (profile: string) => credentialProcessLine('/usr/bin/node', '/usr/lib/zsp/bin/zsp.js', profile, 'linux');
const command = '/usr/bin/node /usr/lib/zsp/bin/zsp.js credential-process';

describe('the credential_process of', () => {
  test.each(['dev', 'a.b@c', 'a/b:c', 'team=x+y', 'a-b_c'])('%s names it', (profile) => {
    expect(line(profile)).toBe(`${command} --profile ${profile}`);
  });

  test.each([
    'my profile',
    '-rf',
    '--help',
    '$(id)',
    '`id`',
    'a;b',
    'a#b',
    "it's",
    'größe',
    '日本',
    '%PATH%',
    'a\\b',
    '',
  ])('%j gives it in hexadecimal', (profile) => {
    expect(line(profile)).toBe(`${command} --profile-hex ${Buffer.from(profile).toString('hex')}`);
  });

  test('any profile is words of plain characters, and comes back the same (fuzz)', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (profile) => {
        const [, , , flag, argument = ''] = line(profile).split(' ');
        expect(line(profile)).toMatch(/^[A-Za-z0-9_.@+=/: -]+$/);
        expect(flag === '--profile' ? argument : decodeProfileHex(argument)).toBe(profile);
      }),
      fuzz(),
    );
  });

  test.each([
    ['/opt/my node/node', 'linux'],
    ['node', 'linux'],
    ['/usr/bin/$(id)', 'linux'],
    ['C:\\Program Files\\nodejs\\node.exe', 'win32'],
    ['/usr/bin/node', 'win32'],
  ] as const)('a node at %s on %s is refused', (node, platform) => {
    expect(() => credentialProcessLine(node, node, 'dev', platform)).toThrow(ZspError);
  });

  test('a Windows path may be in its 8.3 form', () => {
    const node = 'C:\\PROGRA~1\\nodejs\\node.exe';
    expect(credentialProcessLine(node, 'C:\\zsp\\bin\\zsp.js', 'dev', 'win32')).toBe(
      `${node} C:\\zsp\\bin\\zsp.js credential-process --profile dev`,
    );
  });
});

test.each(['', 'a', 'zz', 'ff', 'c3', '61 62', '0x61', 'eda080'])('--profile-hex %j is refused', (hex) => {
  expect(() => decodeProfileHex(hex)).toThrow(expect.objectContaining({ code: 'usage' }));
});
