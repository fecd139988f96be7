// n8n-core writes <N8N_USER_FOLDER>/.n8n as soon as it is loaded: every test file gets a folder of its own (see runFolder.js).
const { mkdtempSync } = require('node:fs');
const { join } = require('node:path');

const folder = mkdtempSync(join(process.env.NHS_MESH_TEST_FOLDER, 'file-'));
process.env.N8N_USER_FOLDER = folder;
process.env.N8N_ENCRYPTION_KEY = 'for-tests-only';
process.env.N8N_LOG_LEVEL ??= 'silent';

require('reflect-metadata'); // n8n-core's dependency injection needs it before its first import
