// In .ci/run (TEST_COUNTS_FILE) a test that fails has a second attempt, and .ci/run names it: tests against real sockets,
// browsers and n8n can fail by what else the machine does. None where inputs are random, because a second attempt would
// try others and hide what the first has found.
const { readFileSync } = require('node:fs');

const isRandom = () => readFileSync(expect.getState().testPath, 'utf8').includes("'fast-check'");

if (process.env.TEST_COUNTS_FILE && !isRandom()) jest.retryTimes(1, { logErrorsBeforeRetry: true, retryImmediately: true });
