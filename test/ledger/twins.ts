import type { Lock } from '../../src/broker/ports';
import type { SecretStore } from '../../src/keychain/secret-store';
import type { Secret } from '../../src/secret';

/** A keychain in memory; `fail` makes its writes fail as a locked one does. */
export function memoryStore(): SecretStore & { fail: boolean; readonly items: Map<string, Secret> } {
  const items = new Map<string, Secret>();
  return {
    items,
    fail: false,
    async get(account) {
      return items.get(account);
    },
    async set(account, value) {
      if (this.fail) throw new Error('the keychain is locked');
      items.set(account, value);
    },
    async delete(account) {
      items.delete(account);
    },
  };
}

/** A lock within this process only. */
export function turns(): Lock {
  let last: Promise<unknown> = Promise.resolve();
  return (_name, work) => {
    const turn = last.then(work, work);
    last = turn;
    return turn;
  };
}
