import { ZspError } from '../errors';
import type { Finding } from './check';

/** What was thrown on purpose, as a finding. @throws anything that is no ZspError: a bug */
export function asFinding(error: unknown): Finding {
  if (!(error instanceof ZspError)) throw error;
  return { message: error.message, remedy: error.remedy ?? 'run zsp --help' };
}

/** The finding that some work ends with, or none. */
export function findingOf(work: () => unknown): readonly Finding[] {
  try {
    work();
    return [];
  } catch (error) {
    return [asFinding(error)];
  }
}
