import type { Secret } from '../secret';

/** Where a browser signs in to the console with a sign-in token, which is in it: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html */
export function loginAddress(signIn: string, destination: string, token: Secret): string {
  const login = new URL('/federation', signIn);
  const query = { Action: 'login', Issuer: 'zsp', Destination: destination, SigninToken: token.open() };
  login.search = new URLSearchParams(query).toString();
  return login.href;
}

/** AWS's console refuses a second session in one browser; its sign-out page leads on to where it is told. */
export function afterLogout(signIn: string, next: string): string {
  const logout = new URL('/oauth', signIn);
  logout.search = new URLSearchParams({ Action: 'logout', redirect_uri: next }).toString();
  return logout.href;
}
