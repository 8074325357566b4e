import { ZspError } from '../errors';
import type { Env } from '../places';
import type { Endpoints } from './profile';

/**
 * Where AWS is, and where else it may be. A token follows these and nothing else, so whatever is unclear is refused.
 * Host names: the endpoint rule sets that AWS ships in its SDKs for SSO, SSO OIDC and STS.
 */

export type Partition = 'aws' | 'aws-cn' | 'aws-us-gov' | 'aws-eusc';

export interface EndpointSources {
  readonly env: Env;
  /** The sso-session's `zsp_endpoint_url`. */
  readonly endpointUrl?: string | undefined;
  /** The profile's `use_fips_endpoint`; AWS_USE_FIPS_ENDPOINT comes first. */
  readonly fips?: boolean | undefined;
}

const suffixes: Readonly<Record<Partition, string>> = {
  aws: 'amazonaws.com',
  'aws-cn': 'amazonaws.com.cn',
  'aws-us-gov': 'amazonaws.com',
  'aws-eusc': 'amazonaws.eu',
};

/** The AWS access portal, beside `device.sso.REGION`: https://docs.aws.amazon.com/singlesignon/latest/userguide/howtosignin.html */
const portals: Readonly<Record<Partition, RegExp>> = {
  aws: /\.(?:awsapps\.com|app\.aws)$/,
  'aws-cn': /\.awsapps\.cn$/,
  'aws-us-gov': /\.(?:awsapps\.com|app\.aws)$/,
  'aws-eusc': /\.app\.amazonwebservices\.eu$/,
};

/** `eu-west-1`, `us-gov-west-1`; the isolated partitions (`us-iso-…`) have no place in zsp. */
export const regionPattern = /^(?![a-z]+-iso)[a-z]{2,4}(?:-[a-z]{2,12}){1,2}-\d{1,2}$/;

/** @throws ZspError `config_invalid` for anything that is not a region, so that none can forge a host name */
export function partitionOf(region: string): Partition {
  if (!regionPattern.test(region)) throw refused('the region', 'a region like eu-west-1', region);
  if (region.startsWith('cn-')) return 'aws-cn';
  if (region.startsWith('us-gov-')) return 'aws-us-gov';
  return region.startsWith('eusc-') ? 'aws-eusc' : 'aws';
}

/**
 * The endpoints of one sign-in.
 * @param region the sso-session's
 * @throws ZspError `config_invalid`
 */
export function endpoints(region: string, sources: EndpointSources): Endpoints {
  const partition = partitionOf(region);
  return customEndpoints(sources) ?? awsEndpoints(partition, region, usesFips(sources));
}

function awsEndpoints(partition: Partition, region: string, fips: boolean): Endpoints {
  // GovCloud's ordinary hosts are its FIPS hosts.
  const form = fips && partition !== 'aws-us-gov' ? '-fips' : '';
  const suffix = suffixes[partition];
  return {
    origin: partition,
    oidc: `https://oidc${form}.${region}.${suffix}`,
    portal: `https://portal.sso${form}.${region}.${suffix}`,
    sts(at) {
      if (partitionOf(at) !== partition) throw refused('the region', `a region of partition ${partition}`, at);
      return `https://sts${form}.${at}.${suffix}`;
    },
  };
}

const services = { oidc: 'AWS_ENDPOINT_URL_SSO_OIDC', portal: 'AWS_ENDPOINT_URL_SSO', sts: 'AWS_ENDPOINT_URL_STS' };

function customEndpoints({ env, endpointUrl }: EndpointSources): Endpoints | undefined {
  const inFile = endpointUrl === undefined ? undefined : fileEndpoint(endpointUrl);
  const ignored = isTrue(env, 'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS');
  const everywhere = ignored ? undefined : loopbackEndpoint(env, 'AWS_ENDPOINT_URL');
  const of = (name: string) => (ignored ? undefined : loopbackEndpoint(env, name)) ?? everywhere ?? inFile;

  const [oidc, portal, sts] = [of(services.oidc), of(services.portal), of(services.sts)];
  if (!oidc && !portal && !sts) return undefined;
  if (!oidc || !portal || !sts || oidc.origin !== portal.origin || oidc.origin !== sts.origin) {
    throw new ZspError(
      'config_invalid',
      'mixed endpoints: SSO, SSO OIDC and STS must be at one origin, since credentials travel between them',
      { remedy: `set ${Object.values(services).join(', ')} to one origin, or set none of them` },
    );
  }
  return { origin: oidc.origin, oidc: withoutSlash(oidc), portal: withoutSlash(portal), sts: () => withoutSlash(sts) };
}

/** Console sign-in and the console: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html */
const consoles: Readonly<Record<Partition, { readonly signIn: string; readonly console: string }>> = {
  aws: { signIn: 'https://signin.aws.amazon.com', console: 'https://console.aws.amazon.com' },
  'aws-cn': { signIn: 'https://signin.amazonaws.cn', console: 'https://console.amazonaws.cn' },
  'aws-us-gov': { signIn: 'https://signin.amazonaws-us-gov.com', console: 'https://console.amazonaws-us-gov.com' },
  'aws-eusc': { signIn: 'https://signin.amazonaws-eusc.eu', console: 'https://console.amazonaws-eusc.eu' },
};

/** Where credentials are exchanged for a console session, and where the console is. Credentials stay at their origin. */
export function consoleEndpoints(at: Endpoints, region: string): { readonly signIn: string; readonly console: string } {
  const found = consoles[partitionOf(region)];
  return at.origin.includes('://') ? { ...found, signIn: at.origin } : found;
}

/** The environment may be anybody's, so it leads no further than this machine. */
function loopbackEndpoint(env: Env, name: string): URL | undefined {
  const value = env[name];
  if (!value) return undefined;
  const url = plainUrl(value);
  if (url && isLoopback(url)) return url;
  throw new ZspError('config_invalid', `${name} is not a loopback URL, and zsp sends tokens nowhere else on its word`, {
    remedy: `unset ${name}, or set zsp_endpoint_url in the [sso-session] of the config file`,
  });
}

function fileEndpoint(value: string): URL {
  if (isFileEndpoint(value)) return new URL(value);
  throw new ZspError('config_invalid', 'zsp_endpoint_url: expected an https URL, or a loopback one', {
    remedy: 'correct zsp_endpoint_url in the [sso-session] of the config file',
  });
}

/** Whether the config file may send tokens there: over https anywhere, over http no further than this machine. */
export function isFileEndpoint(value: string): boolean {
  const url = plainUrl(value);
  return url !== undefined && (url.protocol === 'https:' || isLoopback(url));
}

/** An http(s) URL that is origin and path, and no more. */
function plainUrl(value: string): URL | undefined {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const isPlain = url && /^https?:$/.test(url.protocol) && !url.username && !url.password && !url.search && !url.hash;
  return isPlain ? url : undefined;
}

/** 127.0.0.0/8, ::1 or localhost, by http or https; the URL parser has already turned `127.1` and `0x7f.1` into four numbers. */
export function isLoopback(url: URL): boolean {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return false;
  return /^(?:127\.\d+\.\d+\.\d+|\[::1\]|localhost)$/.test(url.hostname);
}

/**
 * Whether a verification URI may be shown, drawn or opened: it is at AWS's access portal or its device page in this partition,
 * at the user's own start URL, or at the one custom origin.
 * @param startUrl the sso-session's, when there is one
 */
export function isAwsVerificationUri(uri: string, at: Endpoints, startUrl?: string): boolean {
  if (!URL.canParse(uri)) return false;
  const url = new URL(uri);
  if (url.username || url.password) return false;
  if (url.origin === at.origin) return true;
  if (!Object.hasOwn(suffixes, at.origin) || url.protocol !== 'https:' || url.port !== '') return false;
  if (startUrl !== undefined && URL.canParse(startUrl) && new URL(startUrl).origin === url.origin) return true;
  const partition = at.origin as Partition;
  return portals[partition].test(url.hostname) || isDevicePage(url.hostname, partition);
}

function isDevicePage(host: string, partition: Partition): boolean {
  const [, region, suffix] = /^device\.sso\.([a-z0-9-]+)\.(.+)$/.exec(host) ?? [];
  return region !== undefined && regionPattern.test(region) && suffix === suffixes[partition];
}

function usesFips({ env, fips }: EndpointSources): boolean {
  return env.AWS_USE_FIPS_ENDPOINT ? isTrue(env, 'AWS_USE_FIPS_ENDPOINT') : (fips ?? false);
}

/** @throws ZspError `config_invalid` for anything but true and false */
function isTrue(env: Env, name: string): boolean {
  const value = env[name]?.toLowerCase() || 'false';
  if (value !== 'true' && value !== 'false') throw refused(name, 'true or false', value);
  return value === 'true';
}

function withoutSlash(url: URL): string {
  return url.href.replace(/\/+$/, '');
}

function refused(what: string, expected: string, got: string): ZspError {
  const shown = JSON.stringify(got.replace(/[^\x20-\x7e]/g, '').slice(0, 60));
  return new ZspError('config_invalid', `${what}: expected ${expected}, got ${shown}`, { remedy: `correct ${what}` });
}
