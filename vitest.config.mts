import { defineConfig } from 'vitest/config';
import { summary } from './test/support/reporter.mjs';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Most tests wait for processes of their own: one worker a core, though vitest would keep a core free.
    maxWorkers: '100%',
    reporters: ['default', summary()],
  },
});
