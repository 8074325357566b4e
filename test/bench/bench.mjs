// npm run bench: what zsp costs, each number beside a bare script that does the same in the same run (docs/performance.md).
import { spawnSync } from 'node:child_process';
import { measureDiscovery } from './discovery.mjs';
import { compare, median, run } from './programs.mjs';
import { empty, hasKernelKeyring, memoryProbe, openKeyring, openStage } from './stage.mjs';

delete process.env.NODE_EXTRA_CA_CERTS; // Node 20 parses it at every start, which would hide what is measured
const rounds = Number(process.env.BENCH_ROUNDS ?? 40);
const storm = Number(process.env.BENCH_STORM ?? 200);
const rows = [];

const keyring = await openKeyring();
const bus = keyring ? { DBUS_SESSION_BUS_ADDRESS: keyring.address } : {};
const here = [...(keyring ? ['secret-service'] : []), ...(hasKernelKeyring() ? ['kernel'] : []), 'file'];
const backends = here.filter((one) => (process.env.BENCH_BACKENDS ?? one).split(',').includes(one));
try {
  if (wanted('hit')) for (const backend of backends) await measureHit(backend);
  if (wanted('profiles')) await measureProfiles();
  if (wanted('prompt')) await measurePrompt();
  if (wanted('miss')) await measureMiss();
  if (wanted('storm')) await measureStorm();
  if (wanted('neighbours')) await measureNeighbours();
  if (wanted('discovery')) await measureDiscovery(add);
} finally {
  keyring?.close();
  print();
}

/** `BENCH_ONLY=miss,storm` measures no more than these. */
function wanted(part) {
  return (process.env.BENCH_ONLY ?? part).split(',').includes(part);
}

async function measureHit(backend) {
  const stage = await openStage(backend, { env: bus });
  const { env, hit, bareRead } = stage;
  const times = await compare(
    { node: { program: empty, env }, bare: { program: bareRead, env }, hit: { program: hit, env } },
    rounds,
  );
  if (rows.length === 0) add('bare node', 'ms', times.get('node'));
  add(`hit, ${backend}`, 'ms', times.get('hit'), times.get('bare'), 'the bare read', 1.1);
  const memory = await memories({ bareRead, hit }, env);
  add(`hit, ${backend}: peak memory`, 'MB', memory.hit, memory.bareRead, 'the bare read', '+4 MB');
  await stage.close();
}

async function memories(programs, env) {
  const held = {};
  for (const [name, [node, ...args]] of Object.entries(programs)) {
    const all = [];
    for (let round = 0; round < 7; round++) all.push(await run([node, '--require', memoryProbe, ...args], env));
    held[name] = median(all.map(({ stderr }) => Number(stderr) / 1024));
  }
  return held;
}

async function measureProfiles() {
  const few = await openStage(backends[0], { env: bus });
  const many = await openStage(backends[0], { profiles: 10_000, env: bus });
  const subjects = { few: { program: few.hit, env: few.env }, many: { program: many.hit, env: many.env } };
  const times = await compare(subjects, rounds);
  add('hit, 10,000 profiles', 'ms', times.get('many'), times.get('few'), 'three profiles', 1.1);
  await few.close();
  await many.close();
}

async function measurePrompt() {
  const stage = await openStage(backends[0], { env: bus });
  const { env, prompt } = stage;
  const times = await compare({ node: { program: empty, env }, prompt: { program: prompt, env } }, rounds);
  add('status --prompt', 'ms', times.get('prompt'), times.get('node'), 'bare node', 1.25);
  await stage.close();
}

async function measureMiss() {
  for (const backend of backends) {
    const stage = await openStage(backend, { env: bus });
    const { env, hit, bareSdk, forget } = stage;
    const subjects = { node: { program: empty, env }, miss: { program: hit, env, before: forget }, sdk: bareSdk };
    const times = await compare(subjects, rounds);
    const start = times.get('node');
    const [miss, sdk] = [times.get('miss') - start, times.get('sdk') - start];
    add(`miss, ${backend}, after Node's start`, 'ms', miss, sdk, 'the SDK script', 0.8);
    await stage.close();
  }
}

async function measureStorm() {
  for (const backend of backends) {
    const stage = await openStage(backend, { latencyMs: 50, env: bus });
    const { env, hit, forget, sandbox } = stage;
    const [bare, cold] = [[], []];
    let most = 0;
    for (let round = 0; round < 3; round++) {
      bare.push(await together(empty, env));
      await forget();
      const before = ['GetRoleCredentials', 'AssumeRole'].map((name) => sandbox.count(name));
      cold.push(await together(hit, env));
      most = Math.max(most, sandbox.count('GetRoleCredentials') - before[0], sandbox.count('AssumeRole') - before[1]);
    }
    const slowest = median(cold.map(({ slowest }) => slowest));
    add(
      `${storm} cold calls, ${backend}: the slowest`,
      'ms',
      slowest,
      median(bare.map((all) => all.slowest)),
      `${storm} bare nodes`,
      3,
    );
    add(`${storm} cold calls, ${backend}: of each call at AWS`, '', most, 1, 'one', 1);
    const answers = Math.max(...cold.map(({ answers }) => answers));
    add(`${storm} cold calls, ${backend}: different answers, or none`, '', answers, 1, 'one', 1);
    await stage.close();
  }
}

async function together(program, env) {
  const started = performance.now();
  const runs = [];
  for (let started = 0; started < storm; started++) {
    runs.push(run(program, env).catch(() => undefined));
    // To start hundreds takes seconds, in which the AWS of the bench, in this process, would answer nobody.
    await new Promise(setImmediate);
  }
  const all = await Promise.all(runs);
  const answers = all.filter((one) => one !== undefined).map(({ stdout }) => stdout);
  const failed = storm - answers.length;
  return { slowest: performance.now() - started, answers: new Set(answers).size + failed };
}

/** The AWS CLI asks zsp for what it exports; of the others, which need a set-up of their own, only the start is taken. */
async function measureNeighbours() {
  const stage = await openStage('file');
  const env = { ...stage.env, AWS_PROFILE: 'deploy' };
  const neighbours = {
    'aws configure export-credentials': ['aws', 'configure', 'export-credentials', '--format', 'process'],
    'aws-vault --version': ['aws-vault', '--version'],
    'granted --version': ['granted', '--version'],
    'aws-sso version': ['aws-sso', 'version'],
  };
  for (const [name, program] of Object.entries(neighbours)) {
    if (spawnSync(program[0], program.slice(1), { env }).status !== 0) continue;
    const times = await compare({ node: { program: empty, env }, it: { program, env } }, 10);
    add(name, 'ms', times.get('it'), times.get('node'), 'bare node');
  }
  await stage.close();
}

function add(what, unit, value, base, beside, goal) {
  rows.push({ what, unit, value, base, beside, goal });
}

function print() {
  const lines = rows.map(({ what, unit, value, base, beside, goal }) => {
    const shown = (number) => `${number.toFixed(unit === '' ? 0 : 1)} ${unit}`.trim();
    if (base === undefined) return [what, shown(value), '', '', ''];
    const ratio = typeof goal === 'string' ? `${(value - base).toFixed(1)} MB more` : (value / base).toFixed(2);
    const wanted = goal === undefined ? '' : typeof goal === 'string' ? goal : `≤ ${goal}`;
    return [what, shown(value), `${beside} ${shown(base)}`, ratio, wanted];
  });
  const table = [['', 'here', 'beside', 'ratio', 'goal'], ['---', '---', '---', '---', '---'], ...lines];
  const widths = table[0].map((_, at) => Math.max(...table.map((line) => line[at].length)));
  for (const line of table) console.log(`| ${line.map((cell, at) => cell.padEnd(widths[at])).join(' | ')} |`);
  console.log(`\nmedians of ${rounds} (storms: 3), Node ${process.versions.node}, ${process.platform} ${process.arch}`);
}
