// n8n-core writes <N8N_USER_FOLDER>/.n8n as soon as it is loaded: every test file gets a folder of its own, gone afterwards.
const { mkdtempSync, rmSync } = require('node:fs');
const { join } = require('node:path');
const { tmpdir } = require('node:os');

const folder = mkdtempSync(join(tmpdir(), 'nhs-mesh-test-'));
process.env.N8N_USER_FOLDER = folder;
process.env.N8N_ENCRYPTION_KEY = 'for-tests-only';
process.env.N8N_LOG_LEVEL ??= 'silent';
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

require('reflect-metadata'); // n8n-core's dependency injection needs it before its first import
