const { appendFileSync } = require('node:fs');

/**
 * Appends a line "passed failed" to the file named by TEST_COUNTS_FILE. A test file that could not run at all counts as a
 * failed test.
 */
module.exports = class CountReporter {
	onRunComplete(_contexts, results) {
		const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
		appendFileSync(process.env.TEST_COUNTS_FILE, `${results.numPassedTests} ${failed}\n`);
	}
};
