import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onPath } from './needs';
import { type Run, run } from './zsp';

/** A directory that Terraform can install the AWS provider from without a network. */
function providerMirror(): string | undefined {
  if (!onPath('terraform')) return undefined;
  const places = ['/usr/local/share/terraform/plugins', '/usr/share/terraform/plugins'];
  const more = existsSync('/opt') ? readdirSync('/opt').map((name) => join('/opt', name)) : [];
  return [...places, ...more].find((place) => existsSync(join(place, 'registry.terraform.io', 'hashicorp', 'aws')));
}

const mirror = providerMirror();
const skip = mirror === undefined;

/** Whether Terraform and its AWS provider are here, as `needs` says it. */
export const terraform = {
  skip,
  why: skip ? ' (skipped: needs terraform, and hashicorp/aws in a provider mirror on this machine)' : '',
};

/** Applies a configuration in a directory, which keeps the state. */
export async function applyTerraform(
  directory: string,
  configuration: string,
  environment: Readonly<Record<string, string>>,
): Promise<Run> {
  mkdirSync(directory, { recursive: true });
  const cli = join(directory, 'cli.tfrc');
  writeFileSync(join(directory, 'main.tf'), configuration);
  writeFileSync(
    cli,
    `provider_installation {\n  filesystem_mirror {\n    path = ${JSON.stringify(mirror ?? '')}\n  }\n}\n`,
  );
  const env = { ...environment, TF_CLI_CONFIG_FILE: cli, CHECKPOINT_DISABLE: '1', TF_IN_AUTOMATION: '1' };
  const options = { env, cwd: directory, timeout: 80_000 };
  if (!existsSync(join(directory, '.terraform'))) await run('terraform', ['init', '-no-color'], options);
  return run('terraform', ['apply', '-auto-approve', '-no-color', '-input=false'], options);
}
