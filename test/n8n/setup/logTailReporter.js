const { existsSync, readFileSync } = require('node:fs');

const LINES = 40;

/** After failures, prints the end of n8n's log: most of them have their reason there. */
module.exports = class LogTailReporter {
	onTestFileResult(_test, result) {
		if (result.numFailingTests === 0 && !result.testExecError) return;
		// Which of them ran the file is not known here.
		for (const { logFile } of JSON.parse(process.env.MESH_TEST_N8N ?? '[]')) {
			if (!existsSync(logFile)) continue;
			const lines = readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-LINES);
			process.stderr.write(`\n${logFile} ends with:\n${lines.join('\n')}\n`);
		}
	}
};
