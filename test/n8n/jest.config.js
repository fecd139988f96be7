const base = require('../../jest.config.js');

/** @type {import('jest').Config} */
module.exports = {
	...base,
	rootDir: '../..',
	testMatch: ['<rootDir>/test/n8n/**/*.test.ts'],
	testPathIgnorePatterns: ['/node_modules/'],
	setupFiles: [],
	globalSetup: '<rootDir>/test/n8n/setup/globalSetup.ts',
	globalTeardown: '<rootDir>/test/n8n/setup/globalTeardown.ts',
	reporters: [...(base.reporters ?? ['default']), '<rootDir>/test/n8n/setup/logTailReporter.js'],
	testTimeout: 300_000,
};
