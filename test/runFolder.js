const { mkdtempSync, rmSync } = require('node:fs');
const { join } = require('node:path');
const { tmpdir } = require('node:os');

/** jest's globalSetup: one temporary folder for all test files of a run, because a test file cannot see the end of its process. */
module.exports = async () => {
	const folder = mkdtempSync(join(tmpdir(), 'nhs-mesh-test-'));
	process.env.NHS_MESH_TEST_FOLDER = folder;
	process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
};
