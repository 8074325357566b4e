import { assumeRole } from './assume-role';
import type { QueryService } from './query-protocol';
import { assumeRoleWithWebIdentity } from './web-identity';

/** https://docs.aws.amazon.com/STS/latest/APIReference/ */
export const sts: QueryService = {
  name: 'sts',
  version: '2011-06-15',
  namespace: 'https://sts.amazonaws.com/doc/2011-06-15/',
  actions: {
    AssumeRole: assumeRole,
    GetCallerIdentity: (_world, { caller }) => ({ Arn: caller.arn, UserId: caller.userId, Account: caller.accountId }),
  },
  unsigned: { AssumeRoleWithWebIdentity: assumeRoleWithWebIdentity },
};
