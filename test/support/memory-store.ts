import type { SecretStore } from '../../src/keychain/secret-store';
import type { Secret } from '../../src/secret';

/** The in-memory twin of a keychain. */
export function memoryStore(): SecretStore {
  const items = new Map<string, Secret>();
  return {
    get: async (account) => items.get(account),
    set: async (account, value) => {
      items.set(account, value);
    },
    delete: async (account) => {
      items.delete(account);
    },
  };
}
