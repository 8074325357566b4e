// One process of a storm: node contender.cjs COMPILED DIRECTORY LOG ROUNDS [stay]
const { appendFileSync } = require('node:fs');
const { setTimeout: sleep } = require('node:timers/promises');

const [compiled, directory, log, rounds, stay] = process.argv.slice(2);
const { createLock } = require(`${compiled}/lock/lock.js`);
const lock = createLock({ directory, waitMilliseconds: 60_000 });

async function main() {
  for (let round = 0; round < Number(rounds); round++) {
    await lock('storm', async () => {
      appendFileSync(log, `enter ${process.pid}\n`);
      await sleep(stay ? 600_000 : 0);
      appendFileSync(log, `leave ${process.pid}\n`);
    });
  }
}

main();
