import { defineConfig } from 'vitest/config';
import { summary } from './test/support/reporter.mjs';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // For tests that run a dozen processes on a busy machine; what must be quick says so itself.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Most tests wait for processes of their own: one worker a core, though vitest would keep a core free.
    maxWorkers: '100%',
    reporters: ['default', summary()],
  },
});
