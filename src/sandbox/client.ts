import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';

/**
 * An AWS client for machines that have none installed: an SDK call with a profile, whose credentials come from its
 * credential_process. `node client.js PROFILE whoami`, or `node client.js PROFILE assume ROLE_ARN`.
 */
async function call([profile, what, roleArn]: readonly string[]): Promise<void> {
  process.env.AWS_PROFILE = profile;
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
