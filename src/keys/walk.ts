import { type Dirent, readdirSync, realpathSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';

/** What was not looked into, and how often. */
export interface Skipped {
  /** Symbolic links to what is looked at anyway (a loop is one), or to nothing. */
  links: number;
  binary: number;
  tooLarge: number;
  unreadable: number;
}

/**
 * Every file under some paths, ignored and hidden ones included. A symbolic link is followed, unless it leads back into what is
 * walked: so each file comes once, and no loop has a second round.
 */
export function* walk(paths: readonly string[], skipped: Skipped): Generator<string> {
  const roots: string[] = [];
  for (const path of paths) {
    const real = realOf(path);
    if (real === undefined) skipped.unreadable += 1;
    else if (!roots.some((root) => isWithin(real, root))) yield* enter(path, real, roots, skipped);
  }
}

function* enter(path: string, real: string, roots: string[], skipped: Skipped): Generator<string> {
  const found = statSync(real, { throwIfNoEntry: false });
  if (!found?.isDirectory()) {
    // Pipes and devices have no end.
    if (found?.isFile()) yield path;
    return;
  }
  roots.push(real);
  const waiting = [path];
  for (let directory = waiting.pop(); directory !== undefined; directory = waiting.pop()) {
    for (const entry of entriesOf(directory, skipped)) {
      const inside = join(directory, entry.name);
      if (entry.isDirectory()) waiting.push(inside);
      else if (entry.isFile()) yield inside;
      else if (entry.isSymbolicLink()) yield* follow(inside, roots, skipped);
    }
  }
}

function* follow(link: string, roots: string[], skipped: Skipped): Generator<string> {
  const real = realOf(link);
  if (real === undefined || roots.some((root) => isWithin(real, root))) skipped.links += 1;
  else yield* enter(link, real, roots, skipped);
}

function entriesOf(directory: string, skipped: Skipped): readonly Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    skipped.unreadable += 1;
    return [];
  }
}

function realOf(path: string): string | undefined {
  try {
    return realpathSync.native(path);
  } catch {
    return undefined;
  }
}

function isWithin(path: string, root: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);
}
