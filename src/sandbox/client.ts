import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';

/**
 * An AWS client for machines that have none installed: an SDK call with the profile of the environment, credentials from
 * its credential_process. `node client.js whoami`, or `node client.js assume ROLE_ARN`.
 */
async function call([what, roleArn]: readonly string[]): Promise<void> {
  const { AWS_ENDPOINT_URL: endpoint } = process.env;
  const client = new STSClient({ region: 'eu-west-1', ...(endpoint !== undefined && { endpoint }) });
  if (what === 'assume') {
    await client.send(new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: 'demo' }));
    process.stdout.write(`assumed ${roleArn}\n`);
    return;
  }
  const { Arn } = await client.send(new GetCallerIdentityCommand({}));
  process.stdout.write(`${Arn}\n`);
}

call(process.argv.slice(2)).catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
