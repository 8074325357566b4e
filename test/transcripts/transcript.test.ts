import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fuzz } from '../support/fuzz';
import { withoutPlaceholders, withPlaceholders } from './placeholders';
import { formatTranscript, linesOf, parseTranscript } from './transcript';

const story = `# Signing in.
< .aws/config
| [sso-session corp]
|
| sso_region = eu-west-1

% fault CreateToken throttle 2
$ NO_COLOR=1 zsp login corp
Open <SANDBOX>/device

\\$ is a sign
! zsp: waiting
!
? 4

$ zsp status
`;

describe('a transcript', () => {
  test('is read', () => {
    const [remark, file, , arrange, login, status] = parseTranscript(story);
    expect(remark).toEqual({ kind: 'remark', line: '# Signing in.' });
    expect(file).toEqual({
      kind: 'file',
      path: '.aws/config',
      lines: ['[sso-session corp]', '', 'sso_region = eu-west-1'],
    });
    expect(arrange).toMatchObject({ kind: 'arrange', words: ['fault', 'CreateToken', 'throttle', '2'] });
    expect(login).toEqual({
      kind: 'command',
      command: 'NO_COLOR=1 zsp login corp',
      output: { stdout: ['Open <SANDBOX>/device', '', '$ is a sign'], stderr: ['zsp: waiting', ''], status: 4 },
      blanks: 1,
    });
    expect(status).toMatchObject({ output: { stdout: [], stderr: [], status: 0 } });
  });

  test('is written as it was read', () => {
    expect(formatTranscript(parseTranscript(story))).toBe(story);
  });

  test('does not take output that belongs to no command', () => {
    expect(() => parseTranscript('# a\nhello\n')).toThrow('line 2');
  });

  test('fuzz: any output survives being written and read', () => {
    const line = fc.string({ unit: fc.constantFrom('#', '$', '!', '?', '|', '<', '%', '\\', ' ', 'a') });
    const stream = fc.array(line).map((lines) => linesOf(lines.join('\n')));
    fc.assert(
      fc.property(stream, stream, fc.integer({ min: 0, max: 255 }), (stdout, stderr, status) => {
        const entry = { kind: 'command', command: 'zsp', output: { stdout, stderr, status }, blanks: 0 } as const;
        const written = formatTranscript([entry]);
        expect(formatTranscript(parseTranscript(written))).toBe(written);
        expect(parseTranscript(written)).toEqual([entry]);
      }),
      fuzz(),
    );
  });
});

describe('placeholders', () => {
  const known = [
    ['/tmp/zsp-home-x', '<HOME>'],
    ['http://127.0.0.1:4566', '<SANDBOX>'],
  ] as const;

  test.each([
    ['Wrote /tmp/zsp-home-x/.aws/config', 'Wrote <HOME>/.aws/config'],
    ['http://127.0.0.1:4566/device', '<SANDBOX>/device'],
    ['http://127.0.0.1:9999/callback', 'http://127.0.0.1:<PORT>/callback'],
    ['code BCDF-GHJK', 'code <CODE>'],
    ['until 14:05 (in 58m).', 'until <TIME>.'],
    ['since 2026-01-02 14:05 (2h 5m ago)', 'since <TIME>'],
    ['"Expiration":"2026-01-02T03:04:05Z"', '"Expiration":"<TIME>"'],
    ['ASIAIOSFODNN7EXAMPLE', '<ACCESS_KEY_ID>'],
    ['1h 5m left', '<TIME> left'],
    ['arn:aws:iam::111122223333:role/deploy 1h', 'arn:aws:iam::111122223333:role/deploy 1h'],
  ])('%s', (text, expected) => {
    expect(withPlaceholders(text, known)).toBe(expected);
  });

  test('become this run’s again in files and commands', () => {
    expect(withoutPlaceholders('<SANDBOX>/start <TIME>', known)).toBe('http://127.0.0.1:4566/start <TIME>');
  });
});
