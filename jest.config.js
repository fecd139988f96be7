/** What `npm run test:full` adds to `npm test`: places of the fault matrix that others stand for, and what is slow or starts other programs. */
const FULL = [
	'/test/reliability/every(where|Proxy)\\.test\\.ts$',
	'/test/sandbox/(clients|container)/\\w+\\.test\\.ts$',
	'/test/sandbox/(ephemeral|folderLock|recipes)\\.test\\.ts$',
];
/** The sandbox's page in a browser. */
const PAGE = ['/test/sandbox/page/browser\\w*\\.test\\.ts$'];
const IN_N8N = ['<rootDir>/test/n8n/'];

/** What all projects have in common, and the tests in a real n8n too. */
const common = {
	rootDir: __dirname,
	testEnvironment: 'node',
	// Jest walks through its roots at every start: not through n8n's 300,000 files.
	roots: ['<rootDir>/test'],
	modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.n8n-host/', '<rootDir>/.n8n-host-1/', '<rootDir>/.mesh/'],
	globalSetup: '<rootDir>/test/runFolder.js',
	setupFiles: ['<rootDir>/test/setup.js'],
	setupFilesAfterEnv: ['<rootDir>/test/secondAttempt.js'],
	transform: {
		'^.+\\.ts$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript', decorators: true }, target: 'es2022' } }],
	},
};

/** @type {import('jest').Config} */
module.exports = {
	projects: [
		{
			...common,
			displayName: 'fast',
			testMatch: ['<rootDir>/test/**/*.test.ts'],
			testPathIgnorePatterns: ['/node_modules/', ...FULL, ...PAGE, ...IN_N8N],
		},
		{ ...common, displayName: 'full', testRegex: FULL },
		{ ...common, displayName: 'page', testRegex: PAGE },
	],
	// .ci/run adds up the results of several jest runs.
	reporters: ['default', ...(process.env.TEST_COUNTS_FILE ? [`${__dirname}/.ci/countReporter.js`] : [])],
	// Most tests wait for sockets: jest's default leaves one of two cores idle.
	maxWorkers: '100%',
	// Patience for a busy machine with two cores: a test that hangs is noticed all the same.
	testTimeout: 120_000,
};
