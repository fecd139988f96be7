const { projects, reporters } = require('../../jest.config.js');

const { displayName: _name, ...common } = projects[0];

/** @type {import('jest').Config} */
module.exports = {
	...common,
	// The tests in the editor drive that of n8n 2, that of the tool runs its AI Agent, the image is one of n8n 2, and n8n 1 keeps
	// neither files nor polls in its database.
	testMatch: [
		'<rootDir>/test/n8n/**/*.test.ts',
		...(process.env.MESH_TESTED_N8N === '1'
			? ['!**/{editor*,aiTool,communityPackage,container,databaseMode,durableScheduler,twoMains}.test.ts']
			: []),
	],
	testPathIgnorePatterns: ['/node_modules/'],
	setupFiles: [],
	globalSetup: '<rootDir>/test/n8n/setup/globalSetup.ts',
	globalTeardown: '<rootDir>/test/n8n/setup/globalTeardown.ts',
	reporters: [...reporters, '<rootDir>/test/n8n/setup/logTailReporter.js'],
	// The tests mostly wait for n8n. Each worker has an n8n of its own, and each file a sandbox.
	maxWorkers: 2,
	testTimeout: 300_000,
};
