/** How hard to try; fast-check prints the seed of a failure. */
export const fuzzing = { numRuns: Number(process.env.ZSP_FUZZ_CASES ?? 2000) };
