// With `node --require`: says at the end how much memory the process held at most, in kilobytes.
process.on('exit', () => require('node:fs').writeSync(2, `${process.resourceUsage().maxRSS}\n`));
