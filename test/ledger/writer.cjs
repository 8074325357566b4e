// One writer process: node writer.cjs COMPILED DIRECTORY COUNT; prints a line for each event that is written.
const { readFileSync, renameSync, writeFileSync, writeSync } = require('node:fs');

const [compiled, directory, count] = process.argv.slice(2);
const { createLock } = require(`${compiled}/lock/lock.js`);
const { createLedger } = require(`${compiled}/ledger/ledger.js`);
const { Secret } = require(`${compiled}/secret.js`);

/** A keychain of one file: only the ledger's holder writes it, so one temporary name will do. */
const keychain = `${directory}/head`;
const store = {
  async get() {
    try {
      return new Secret(readFileSync(keychain, 'utf8'));
    } catch {
      return undefined;
    }
  },
  async set(_account, value) {
    writeFileSync(`${keychain}.new`, value.open());
    renameSync(`${keychain}.new`, keychain);
  },
  async delete() {},
};

const ledger = createLedger({
  file: `${directory}/ledger.jsonl`,
  lock: createLock({ directory: `${directory}/locks`, waitMilliseconds: 60_000 }),
  store,
  now: Date.now,
});

async function main() {
  for (let round = 0; round < Number(count); round++) {
    await ledger.append({ event: 'removed', reason: `${process.pid} ${round}` });
    writeSync(1, `${process.pid} ${round}\n`);
  }
}

main();
