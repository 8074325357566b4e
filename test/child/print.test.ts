import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { type Format, formats, printCredentials } from '../../src/child/print';
import { ZspError } from '../../src/errors';
import { Secret } from '../../src/secret';
import { needs } from '../support/needs';

const ordinary = {
  accessKeyId: 'ASIAEXAMPLE',
  secretAccessKey: new Secret('abc/def+ghi='),
  sessionToken: new Secret('IQoJb3JpZ2lu=='),
  expiration: Date.UTC(2026, 0, 2, 3, 4, 5, 999),
  accountId: '111122223333',
};
const hostile = { ...ordinary, sessionToken: new Secret(`'"\\$(id)\`id\`!;&|*?~%{}#<>`) };

describe('printed credentials', () => {
  test.each<[Format, string]>([
    [
      'env',
      'export AWS_ACCESS_KEY_ID=ASIAEXAMPLE\nexport AWS_SECRET_ACCESS_KEY=abc/def+ghi=\nexport AWS_SESSION_TOKEN=IQoJb3JpZ2lu==\nexport AWS_CREDENTIAL_EXPIRATION=2026-01-02T03:04:05Z\n',
    ],
    [
      'env-no-export',
      'AWS_ACCESS_KEY_ID=ASIAEXAMPLE\nAWS_SECRET_ACCESS_KEY=abc/def+ghi=\nAWS_SESSION_TOKEN=IQoJb3JpZ2lu==\nAWS_CREDENTIAL_EXPIRATION=2026-01-02T03:04:05Z\n',
    ],
    [
      'powershell',
      "$Env:AWS_ACCESS_KEY_ID = 'ASIAEXAMPLE'\n$Env:AWS_SECRET_ACCESS_KEY = 'abc/def+ghi='\n$Env:AWS_SESSION_TOKEN = 'IQoJb3JpZ2lu=='\n$Env:AWS_CREDENTIAL_EXPIRATION = '2026-01-02T03:04:05Z'\n",
    ],
    [
      'process',
      '{"Version":1,"AccessKeyId":"ASIAEXAMPLE","SecretAccessKey":"abc/def+ghi=","SessionToken":"IQoJb3JpZ2lu==","Expiration":"2026-01-02T03:04:05Z","AccountId":"111122223333"}\n',
    ],
    [
      'json',
      '{\n  "AccessKeyId": "ASIAEXAMPLE",\n  "SecretAccessKey": "abc/def+ghi=",\n  "SessionToken": "IQoJb3JpZ2lu==",\n  "Expiration": "2026-01-02T03:04:05Z",\n  "AccountId": "111122223333"\n}\n',
    ],
  ])('as %s', (format, expected) => {
    expect(printCredentials(ordinary, format)).toBe(expected);
  });

  for (const shell of ['bash', 'zsh', 'fish'] as const) {
    const { skip, why } = needs(shell);
    test.skipIf(skip)(`mean to ${shell} what they are, whatever is in them${why}`, () => {
      const text = printCredentials(hostile, shell === 'fish' ? 'fish' : 'env');
      const node = `'${process.execPath}' -p process.env.AWS_SESSION_TOKEN`;
      const seen = execFileSync(shell, ['-c', `${text}\n${node}`], { encoding: 'utf8' });
      expect(seen).toBe(`${hostile.sessionToken.open()}\n`);
    });
  }

  test.each(formats)('as %s are refused when they hold a control character', (format) => {
    const broken = { ...ordinary, sessionToken: new Secret('token\nexport PATH=/tmp') };
    expect(() => printCredentials(broken, format)).toThrow(ZspError);
    expect(() => printCredentials(broken, format)).not.toThrow(/token/);
  });
});
