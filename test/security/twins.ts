import { createItems } from '../../src/broker/items';
import type { Lock, Session } from '../../src/broker/ports';
import type { World } from '../../src/broker/world';
import type { SecretStore } from '../../src/keychain/secret-store';
import type { Endpoints, Profile, RoleRequest, SsoSession } from '../../src/profile/profile';
import { Secret } from '../../src/secret';

/** A broker's world in memory, in which a test can step in between any two steps. */
export interface Stage {
  readonly world: World;
  readonly store: SecretStore;
  /** Milliseconds; a test moves it. */
  now: number;
  /** Runs once, in the middle of the next AssumeRole. */
  duringAssumeRole: (() => Promise<unknown>) | undefined;
  /** The roles that were assumed, in order. */
  readonly assumed: string[];
}

const hour = 3_600_000;

export function openStage(store: SecretStore): Stage {
  const lock = turns();
  const items = createItems(store, lock);
  const assumed: string[] = [];
  let made = 0;
  const session = (more: Partial<Session> = {}): Session => ({
    accessKeyId: `ASIA${String(++made).padStart(16, '0')}`,
    secretAccessKey: new Secret(`secret-${made}`),
    sessionToken: new Secret(`token-${made}`),
    issuedAt: stage.now,
    expiration: stage.now + hour,
    accountId: '111122223333',
    ...more,
  });
  const unused = () => Promise.reject(new Error('no sign-in is made here'));
  const stage: Stage = {
    store,
    now: Date.UTC(2026, 0, 2),
    duringAssumeRole: undefined,
    assumed,
    world: {
      clock: { now: () => stage.now, sleep: async () => {} },
      items: async () => items,
      lock,
      lease: { take: async () => () => {}, wait: async () => true },
      signIn: {
        registerClient: unused,
        startDeviceAuthorization: unused,
        pollDeviceToken: unused,
        authorizationUri: () => 'unused',
        redeemCode: unused,
        refresh: unused,
      },
      portal: { roleCredentials: async () => session(), logout: async () => {} },
      sts: {
        async assumeRole(_at, _caller, { roleArn }) {
          assumed.push(roleArn);
          const step = stage.duringAssumeRole;
          stage.duringAssumeRole = undefined;
          await step?.();
          return session({ assumedRoleArn: `${roleArn}/alice` });
        },
        callerIdentity: async () => ({ arn: 'arn:aws:sts::111122223333:assumed-role/Developer/alice', accountId: '' }),
      },
      skew: () => undefined,
      record: async () => {},
      newId: () => '0123456789abcdef',
    },
  };
  return stage;
}

const endpoints: Endpoints = {
  origin: 'aws',
  oidc: 'https://oidc',
  portal: 'https://portal',
  sts: () => 'https://sts',
};
export const corp: SsoSession = {
  name: 'corp',
  startUrl: 'https://corp.awsapps.com/start',
  region: 'eu-west-1',
  registrationScopes: [],
  keychain: 'auto',
  endpoints,
};

export const role = (name: string): RoleRequest => ({
  roleArn: `arn:aws:iam::444455556666:role/${name}`,
  durationSeconds: 3600,
  policyArns: [],
  tags: {},
  transitiveTags: [],
});

export function profile(name: string, more: Partial<Profile> = {}): Profile {
  return {
    name,
    configFile: '/home/me/.aws/config',
    ssoSession: corp,
    source: { kind: 'permission-set', accountId: '111122223333', roleName: 'Developer' },
    region: 'eu-west-1',
    reasonRequired: false,
    settings: `settings of ${name}`,
    ...more,
  };
}

/** A sign-in that lasts a day, as its item holds it. */
export async function signedIn(
  { world, now }: Stage,
  id = 'aaaaaaaaaaaaaaaa',
  user: { readonly userName?: string } = { userName: 'alice' },
): Promise<void> {
  const client = { clientId: 'client', clientSecret: new Secret('client-secret'), expiration: now + 24 * hour };
  const { startUrl, region } = corp;
  const tokens = { accessToken: new Secret('access'), refreshToken: new Secret('refresh'), ...user };
  const item = { v: 1, id, startUrl, region, origin: 'aws', client, expiration: now + 24 * hour, ...tokens } as const;
  await (await world.items(corp)).put('sign-in:https://corp.awsapps.com/start:eu-west-1:aws', item);
}

/** One holder a name at a time, in this process. */
function turns(): Lock {
  const last = new Map<string, Promise<unknown>>();
  return (name, work) => {
    const mine = (last.get(name) ?? Promise.resolve()).then(work, work);
    last.set(name, mine);
    return mine;
  };
}
