import { type ChildCredentials, formatExpiration } from './environment';

/** What a container's credential endpoint answers: https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html */
export function documentOf(credentials: ChildCredentials) {
  return {
    AccessKeyId: credentials.accessKeyId,
    SecretAccessKey: credentials.secretAccessKey.open(),
    Token: credentials.sessionToken.open(),
    Expiration: formatExpiration(credentials.expiration),
    ...(credentials.accountId !== undefined && { AccountId: credentials.accountId }),
  };
}
