import type { Reporter, TestModule } from 'vitest/node';

/**
 * The last words of a test run: each skipped test, whose name says what is missing, and one plain line to count by:
 * `12 passed, 0 failed, 3 skipped`. A file that could not be loaded counts as one failure.
 */
export function summary(print: (line: string) => void = console.log): Reporter {
  return {
    onTestRunEnd(modules, unhandledErrors) {
      const tests = modules.flatMap((module) => [...module.children.allTests()]);
      const skipped = tests.filter((test) => test.result().state === 'skipped');
      const failed = tests.filter((test) => test.result().state === 'failed').length;
      const broken = modules.filter(hasBroken).length + unhandledErrors.length;
      for (const test of skipped) print(`skipped: ${test.module.relativeModuleId} > ${test.fullName}`);
      print(`${tests.length - skipped.length - failed} passed, ${failed + broken} failed, ${skipped.length} skipped`);
    },
  };
}

/** True for a file whose own code failed, or a hook around its tests, rather than one of its tests. */
function hasBroken(module: TestModule): boolean {
  return module.errors().length > 0 || [...module.children.allSuites()].some((suite) => suite.errors().length > 0);
}
