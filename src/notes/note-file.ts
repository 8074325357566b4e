import { readRegularFile } from '../places';

/**
 * A small JSON file of things worth showing: it decides nothing, holds no secret, and anyone may have written it.
 * @returns its list, each member still to be checked; an unreadable file is an empty one
 */
export function readNotes(path: string): readonly unknown[] {
  try {
    const found: unknown = JSON.parse(readRegularFile(path).toString());
    const { v, notes } = found as { readonly v?: unknown; readonly notes?: unknown };
    return v === 1 && Array.isArray(notes) ? notes : [];
  } catch {
    return [];
  }
}
