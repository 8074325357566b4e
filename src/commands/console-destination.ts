import { ZspError } from '../errors';
import { printable } from '../terminal/sanitize';

/** Pages whose path is not the service's own name. */
const paths: Readonly<Record<string, string>> = {
  billing: 'costmanagement',
  cfn: 'cloudformation',
  cloudfront: 'cloudfront/v4',
  config: 'config',
  cw: 'cloudwatch',
  ddb: 'dynamodbv2',
  dynamodb: 'dynamodbv2',
  eb: 'elasticbeanstalk',
  ecr: 'ecr/repositories',
  ecs: 'ecs/v2',
  eks: 'eks',
  elasticache: 'elasticache',
  events: 'events',
  iam: 'iam',
  logs: 'cloudwatch',
  r53: 'route53/v2',
  route53: 'route53/v2',
  secretsmanager: 'secretsmanager',
  sfn: 'states',
  sm: 'systems-manager',
  sns: 'sns/v3',
  sqs: 'sqs/v3',
  ssm: 'systems-manager',
  sso: 'singlesignon',
  stepfunctions: 'states',
};

/** A page within the service's. */
const fragments: Readonly<Record<string, string>> = { logs: '#logsV2:log-groups' };

/**
 * The address of a service's console: `s3`, `ec2`, `cw`, or any name the console itself uses in its paths.
 * @param console the partition's console, e.g. `https://console.aws.amazon.com`
 * @throws ZspError `usage` for what cannot be a service's name
 */
export function serviceConsole(service: string | undefined, console: string, region: string): string {
  const query = `?region=${region}`;
  if (service === undefined) return `${console}/console/home${query}`;
  const name = service.toLowerCase();
  if (!/^[a-z][a-z0-9-]{1,40}$/.test(name)) {
    throw new ZspError('usage', `${JSON.stringify(printable(service, 40))} is no service's name`, {
      remedy: 'name one like s3, ec2, cloudwatch, lambda; or say --destination URL',
    });
  }
  const path = Object.hasOwn(paths, name) ? paths[name] : name;
  return `${console}/${path}/home${query}${Object.hasOwn(fragments, name) ? fragments[name] : ''}`;
}

/** An address the user names: https, within the partition's console. @throws ZspError `usage` */
export function namedDestination(text: string, console: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const { host } = new URL(console);
  if (url?.protocol === 'https:' && !url.username && (url.host === host || url.host.endsWith(`.${host}`)))
    return url.href;
  throw new ZspError('usage', `--destination is not an address of ${host}`, {
    remedy: `write it like https://${host}/s3/home`,
  });
}
