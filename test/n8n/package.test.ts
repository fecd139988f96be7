import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { sharedN8n, signIn } from './support/sharedN8n';

interface TypeDescription {
	name: string;
	iconUrl?: string | { light: string; dark: string };
}

const { packageFolder } = sharedN8n();

async function loadedTypes(kind: 'nodes' | 'credentials'): Promise<TypeDescription[]> {
	const rest = await signIn();
	const types = (await (await rest.request('GET', `/types/${kind}.json`)).json()) as TypeDescription[];
	return types.filter(({ name }) => name.startsWith('n8n-nodes-nhs-mesh.') || name === 'meshApi');
}

describe('the packed package in n8n', () => {
	it('loads both nodes under the names that an installation from the editor gives them, and the tool for AI agents', async () => {
		const names = (await loadedTypes('nodes')).map(({ name }) => name);
		expect(names.sort()).toEqual(['n8n-nodes-nhs-mesh.mesh', 'n8n-nodes-nhs-mesh.meshTool', 'n8n-nodes-nhs-mesh.meshTrigger']);
	});

	it('loads the credential', async () => {
		expect((await loadedTypes('credentials')).map(({ name }) => name)).toEqual(['meshApi']);
	});

	it('serves the icons of nodes and credential, so that they are in the package', async () => {
		const rest = await signIn();
		const types = [...(await loadedTypes('nodes')), ...(await loadedTypes('credentials'))];
		const urls = types.flatMap(({ iconUrl }) => (typeof iconUrl === 'object' ? Object.values(iconUrl) : [iconUrl]));
		expect(urls.length).toBeGreaterThanOrEqual(types.length);
		for (const url of new Set(urls)) {
			const response = await rest.request('GET', `/${url}`);
			expect([url, response.status, response.headers.get('content-type')]).toEqual([url, 200, expect.stringContaining('image/svg')]);
			await response.arrayBuffer();
		}
	});

	it('brings its own undici and nothing else, because n8n has one of another version on its path', async () => {
		const { dependencies } = JSON.parse(await readFile(join(packageFolder, 'package.json'), 'utf8')) as { dependencies: object };
		expect(Object.keys(dependencies)).toEqual(['undici']);
		expect(existsSync(join(packageFolder, 'node_modules', 'undici', 'package.json'))).toBe(true);
		expect((await readdir(join(packageFolder, 'node_modules'))).filter((name) => !name.startsWith('.'))).toEqual(['undici']);
	});

	it('holds only what users need: compiled code, icons, codex files, output schemas and the documents of a package', async () => {
		const entries = await readdir(packageFolder, { recursive: true, withFileTypes: true });
		const files = entries
			.filter((entry) => entry.isFile())
			.map((entry) => join(entry.parentPath, entry.name).slice(packageFolder.length + 1))
			.filter((file) => !file.startsWith('node_modules/'));
		const expected =
			/^(dist\/(nodes|credentials)\/.+\.(js|d\.ts|svg|node\.json)|dist\/nodes\/Mesh\/__schema__\/.+\.json|package\.json|README\.md|LICENSE\.md|CHANGELOG\.md)$/;
		expect(files.filter((file) => !expected.test(file))).toEqual([]);
		expect(files).toEqual(expect.arrayContaining(['package.json', 'README.md', 'LICENSE.md', 'dist/nodes/Mesh/Mesh.node.js']));
	});
});
