/** @type {import('jest').Config} */
module.exports = {
	testEnvironment: 'node',
	// Jest walks through its roots at every start: not through n8n's 300,000 files.
	roots: ['<rootDir>/test'],
	testMatch: ['<rootDir>/test/**/*.test.ts'],
	testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/n8n/'],
	modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.n8n-host/', '<rootDir>/.n8n-host-1/', '<rootDir>/.mesh/'],
	globalSetup: '<rootDir>/test/runFolder.js',
	setupFiles: ['<rootDir>/test/setup.js'],
	setupFilesAfterEnv: ['<rootDir>/test/secondAttempt.js'],
	transform: {
		'^.+\\.ts$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript', decorators: true }, target: 'es2022' } }],
	},
	// .ci/run adds up the results of several jest runs.
	reporters: ['default', ...(process.env.TEST_COUNTS_FILE ? ['<rootDir>/.ci/countReporter.js'] : [])],
	// Most tests wait for sockets: jest's default leaves one of two cores idle.
	maxWorkers: '100%',
	// Patience for a busy machine with two cores: a test that hangs is noticed all the same.
	testTimeout: 120_000,
};
