import { ZspError } from '../errors';
import type { SsoSession } from '../profile/profile';
import type { ClientRegistration, DeviceAuthorization, Granted, Tokens } from './ports';
import { signInDenied, signInRequired } from './sign-in-errors';
import type { World } from './world';

/** What the user must see while zsp waits: the code always, since the verification page no longer shows it. */
export type ShowCode = (authorization: DeviceAuthorization) => void | Promise<void>;

/**
 * The device authorization grant (RFC 8628): the user confirms a code, in a browser anywhere.
 * @param kept the registration of the sign-in before: it is used again while it may be
 * @throws ZspError `access_denied` if the user said no, `sign_in_required` if the code ran out
 */
export async function deviceCode(
  world: World,
  at: SsoSession,
  kept: ClientRegistration | undefined,
  showCode: ShowCode,
): Promise<Granted> {
  let client = kept && usable(kept, world) ? kept : await world.signIn.registerClient(at, 'device_code');
  let authorization: DeviceAuthorization;
  try {
    authorization = await world.signIn.startDeviceAuthorization(at, client);
  } catch (error) {
    // A registration can end early at AWS; a new one is free.
    if (!(error instanceof ZspError && error.code === 'sign_in_required')) throw error;
    client = await world.signIn.registerClient(at, 'device_code');
    authorization = await world.signIn.startDeviceAuthorization(at, client);
  }
  await showCode(authorization);
  return { client, tokens: await poll(world, at, client, authorization) };
}

/** AWS holds a registration to its grant. */
function usable({ grant, expiration }: ClientRegistration, world: World): boolean {
  return grant !== 'authorization_code' && expiration - world.clock.now() > 60 * 60_000;
}

async function poll(
  world: World,
  at: SsoSession,
  client: ClientRegistration,
  authorization: DeviceAuthorization,
): Promise<Tokens> {
  let interval = authorization.interval;
  while (world.clock.now() < authorization.expiration) {
    await world.clock.sleep(interval * 1000);
    const answer = await world.signIn.pollDeviceToken(at, client, authorization.deviceCode);
    if (answer.kind === 'tokens') return answer.tokens;
    if (answer.kind === 'denied') throw signInDenied(at);
    if (answer.kind === 'expired') break;
    // RFC 8628 §3.5: five seconds are added, and stay added.
    if (answer.kind === 'slow_down') interval += 5;
  }
  throw signInRequired(at, 'the code ran out before it was confirmed');
}
