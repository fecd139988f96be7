const { appendFileSync } = require('node:fs');
const { relative } = require('node:path');

/**
 * Appends a line "passed failed" to the file named by TEST_COUNTS_FILE. A test file that could not run at all counts as a
 * failed test. Each test that passed at its second attempt only is a line of TEST_SECOND_ATTEMPTS_FILE.
 */
module.exports = class CountReporter {
	onRunComplete(_contexts, results) {
		const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
		appendFileSync(process.env.TEST_COUNTS_FILE, `${results.numPassedTests} ${failed}\n`);
		for (const { testFilePath, testResults } of results.testResults) {
			for (const { fullName, status, invocations } of testResults) {
				if (status !== 'passed' || !(invocations > 1)) continue;
				appendFileSync(process.env.TEST_SECOND_ATTEMPTS_FILE, `${relative(process.cwd(), testFilePath)}: ${fullName}\n`);
			}
		}
	}
};
