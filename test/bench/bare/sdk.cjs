// What a miss asks of AWS, by two SDK clients and nothing else: GetRoleCredentials, then AssumeRole.
const { GetRoleCredentialsCommand, SSOClient } = require('@aws-sdk/client-sso');
const { AssumeRoleCommand, STSClient } = require('@aws-sdk/client-sts');

const { BENCH_ENDPOINT: endpoint, BENCH_TOKEN: accessToken } = process.env;

async function mint() {
  const at = { endpoint, region: 'eu-west-1' };
  const who = { accessToken, accountId: '111122223333', roleName: 'Developer' };
  const { roleCredentials } = await new SSOClient(at).send(new GetRoleCredentialsCommand(who));
  const { expiration, ...keys } = roleCredentials;
  const sts = new STSClient({ ...at, credentials: { ...keys, expiration: new Date(expiration) } });
  const role = { RoleArn: 'arn:aws:iam::444455556666:role/deploy', RoleSessionName: 'bench', DurationSeconds: 3600 };
  const { Credentials } = await sts.send(new AssumeRoleCommand(role));
  process.stdout.write(`${JSON.stringify({ Version: 1, ...Credentials })}\n`);
}

mint();
