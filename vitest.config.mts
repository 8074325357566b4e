import { defineConfig } from 'vitest/config';
import { summary } from './test/support/reporter.mjs';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    reporters: ['default', summary()],
  },
});
