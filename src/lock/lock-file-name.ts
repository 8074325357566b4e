import { createHash } from 'node:crypto';

/** A readable beginning for whoever lists the directory, and a hash, so that no two names meet on any file system. */
export function lockFileName(name: string): string {
  const readable = name.replace(/[^A-Za-z0-9]+/g, '-').slice(0, 40);
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 32);
  return `${readable}.${hash}.lock`;
}
