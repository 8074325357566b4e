import type { Check } from './check';

/** What zsp is built for (package.json: engines), and the AWS CLI that first ran a credential_process. */
const oldest = { node: [20, 19], aws: [1, 15] } as const;

export const versions: Check = {
  name: 'versions are recent enough',
  async run({ versions: { node, aws } }) {
    const findings = [];
    if (isOlder(node, oldest.node)) {
      const message = `Node ${node} is older than zsp is made for`;
      findings.push({ message, remedy: 'install Node 20.19 or later, then run: zsp doctor --fix' });
    }
    if (aws !== undefined && isOlder(aws, oldest.aws)) {
      const message = `AWS CLI ${aws} may not know credential_process`;
      findings.push({ message, remedy: 'install AWS CLI 2' });
    }
    return findings;
  },
};

function isOlder(version: string, [major, minor]: readonly [number, number]): boolean {
  const [, has = '0', hasMinor = '0'] = /(\d+)\.(\d+)/.exec(version) ?? [];
  return Number(has) < major || (Number(has) === major && Number(hasMinor) < minor);
}
