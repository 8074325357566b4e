import { expect, test } from 'vitest';
import { resolveProgram } from '../../src/child/program';

const files = new Set(['C:\\aws\\aws.EXE', 'C:\\node\\npm.CMD', 'C:\\tools\\make.exe', 'C:\\tools\\aws.EXE']);
const env = { Path: 'relative;.;C:\\node;C:\\aws;C:\\tools', PathExt: '.COM;.EXE;.BAT;.CMD' };
const resolve = (command: string) => resolveProgram(command, env, 'win32', (path) => files.has(path));

test.each([
  ['aws', 'C:\\aws\\aws.EXE'],
  ['make.exe', 'C:\\tools\\make.exe'],
  ['C:\\tools\\aws', 'C:\\tools\\aws.EXE'],
  ['C:\\tools\\make.exe', 'C:\\tools\\make.exe'],
])('Windows finds %s', (command, file) => {
  expect(resolve(command)).toEqual({ file });
});

test('Windows does not look into relative directories', () => {
  const asked: string[] = [];
  resolveProgram('aws', env, 'win32', (path) => asked.push(path) < 0);
  expect(asked.filter((path) => !path.startsWith('C:\\'))).toEqual([]);
  expect(asked.length).toBeGreaterThan(0);
});

test('Windows does not find what is not there', () => {
  expect(resolve('terraform')).toEqual({ problem: 'cannot run terraform: not found', found: false });
});

test('Windows runs no batch file', () => {
  expect(resolve('npm')).toEqual({
    problem: 'cannot run npm: it is a batch file; put cmd /c before it',
    found: true,
  });
});

test('other systems look for themselves', () => {
  expect(resolveProgram('aws', env, 'linux')).toEqual({ file: 'aws' });
});
