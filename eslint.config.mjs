import { configWithoutCloudSupport } from '@n8n/node-cli/eslint';
import importX from 'eslint-plugin-import-x';

// Who may import whom (docs/architecture.md): node files -> actions, trigger, methods -> transport -> client.
const wall = (target, from, message, except = []) => ({ target, from, except, message });
const walls = [
	wall('./nodes/Mesh/client', './nodes', 'The client knows nothing of n8n: import only node:* and its own files.', ['./Mesh/client']),
	wall('./nodes/Mesh/transport', './nodes/Mesh/actions', 'transport sits below the operations.'),
	wall('./nodes/Mesh/transport', './nodes/Mesh/trigger', 'transport sits below the trigger.'),
	wall('./nodes/Mesh/transport', './nodes/Mesh/methods.ts', 'transport sits below the methods.'),
	wall('./nodes/Mesh/actions', './nodes/Mesh/trigger', 'Actions and trigger share code through transport only.'),
	wall('./nodes/Mesh/trigger', './nodes/Mesh/actions', 'Actions and trigger share code through transport only.'),
	...['transport', 'actions', 'trigger', 'methods.ts'].map((layer) =>
		wall(`./nodes/Mesh/${layer}`, './nodes/Mesh/client', 'client/index.ts is the only door of the client.', ['./index.ts']),
	),
	wall('./sandbox', './nodes', 'The sandbox never imports the client, so that one bug cannot sit on both sides of a test.'),
	wall('./sandbox', './credentials', 'The sandbox never imports the package.'),
	wall('./nodes', './sandbox', 'The sandbox is for development only and is not published.'),
];

export default [
	{ ignores: ['dist/**', 'coverage/**', '.n8n-host/**', '.n8n-host-1/**', '.mesh/**', 'bench/results/**'] },
	...configWithoutCloudSupport,
	{
		// undici is our one runtime dependency (docs/architecture.md says why), which n8n Cloud's verification does not allow.
		files: ['package.json'],
		rules: { '@n8n/community-nodes/no-runtime-dependencies': 'off' },
	},
	{
		files: ['**/*.ts'],
		plugins: { walls: importX },
		settings: { 'import-x/resolver': { typescript: true } },
		rules: { 'walls/no-restricted-paths': ['error', { zones: walls }], 'walls/no-cycle': ['error', { ignoreExternal: true }] },
	},
	{
		// Programs for the command line, never part of the package: they print, they start processes, and their errors are
		// not n8n's.
		files: ['demo/**/*.ts', 'n8n-lab/**/*.ts', 'release/**/*.ts', 'test/demo/**/*.ts', 'test/n8n-lab/**/*.ts', 'test/n8n/**/*.ts'],
		rules: {
			'no-console': 'off',
			'@n8n/community-nodes/no-dangerous-functions': 'off',
			'@n8n/community-nodes/require-node-api-error': 'off',
		},
	},
	{
		// These throw errors of their own, which the nodes turn into n8n's at their edge.
		files: ['nodes/Mesh/client/**/*.ts', 'nodes/Mesh/trigger/**/*.ts', 'sandbox/**/*.ts', 'test/**/*.ts'],
		rules: { '@n8n/community-nodes/require-node-api-error': 'off' },
	},
	{
		// The benchmark starts its server and each contender as processes of their own.
		files: ['bench/**/*.ts'],
		rules: { '@n8n/community-nodes/no-dangerous-functions': 'off' },
	},
	{
		files: ['nodes/**/*.ts', 'credentials/**/*.ts'],
		rules: {
			'no-restricted-imports': ['error', { paths: [{ name: 'undici', message: 'Only client/http imports undici.' }] }],
		},
	},
	{
		files: ['nodes/Mesh/client/**/*.ts'],
		rules: {
			'no-restricted-imports': [
				'error',
				{
					patterns: [
						{ regex: '^(?!node:|\\.\\.?/)', message: 'The client imports only node:* and its own files (and undici in one file).' },
					],
				},
			],
		},
	},
	{
		files: ['nodes/Mesh/client/http/pool.ts'],
		rules: {
			'no-restricted-imports': [
				'error',
				{
					patterns: [
						{ regex: '^(?!node:|\\.\\.?/|undici$)', message: 'The client imports only node:* and its own files (and undici here).' },
					],
				},
			],
		},
	},
];
