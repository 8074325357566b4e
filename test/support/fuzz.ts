import type fc from 'fast-check';

/**
 * How a property is run: 2,000 cases, or ZSP_FUZZ_CASES. A failure prints its seed; ZSP_FUZZ_SEED runs it again. The test's
 * name says `fuzz`, by which the nightly run finds it.
 */
export function fuzz<T = unknown>(): fc.Parameters<T> {
  const { ZSP_FUZZ_CASES: cases, ZSP_FUZZ_SEED: seed } = process.env;
  return { numRuns: Number(cases ?? 2_000), ...(seed ? { seed: Number(seed) } : {}) };
}
