import type { Env } from '../places';
import { signIns } from './sign-ins';

/** The endpoints that the sign-ins of this machine use, each once. */
export function questions(
  env: Env,
): readonly { readonly service: 'oidc' | 'portal' | 'sts'; readonly endpoint: string }[] {
  const all = signIns(env).flatMap(({ endpoints, region }) => [
    { service: 'oidc' as const, endpoint: endpoints.oidc },
    { service: 'portal' as const, endpoint: endpoints.portal },
    { service: 'sts' as const, endpoint: endpoints.sts(region) },
  ]);
  return [...new Map(all.map((one) => [`${one.service} ${one.endpoint}`, one])).values()];
}
