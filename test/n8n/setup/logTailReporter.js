const { existsSync, readFileSync } = require('node:fs');

const LINES = 40;

/** After failures, prints the end of n8n's log: most of them have their reason there. */
module.exports = class LogTailReporter {
	onTestFileResult(_test, result) {
		if (result.numFailingTests === 0 && !result.testExecError) return;
		const { logFile } = JSON.parse(process.env.MESH_TEST_N8N ?? '{}');
		if (!logFile || !existsSync(logFile)) return;
		const lines = readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-LINES);
		process.stderr.write(`\nn8n's log ends with:\n${lines.join('\n')}\n`);
	}
};
