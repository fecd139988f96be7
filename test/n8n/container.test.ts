import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { DockerfileParser } from 'dockerfile-ast';
import { ensureHost } from '../../n8n-lab/host/installHost';
import { packPackage } from '../../n8n-lab/host/installPackage';
import { n8nEnvironment } from '../../n8n-lab/host/n8nProcess';
import { findFreePorts } from '../../n8n-lab/machine/ports';
import { repositoryFolder } from '../../n8n-lab/paths';
import { packInstalled, repack, startPackageRegistry } from './support/packageRegistry';
import type { PackageRegistry } from './support/packageRegistry';
import { testedHost } from './support/sharedN8n';

/*
 * The steps of docs/docker/Dockerfile as shell commands on the n8n that is installed here, in a folder in place of the image's
 * root: no image is built.
 */

const NAME = 'n8n-nodes-nhs-mesh';
const COMMAND_TIMEOUT_MS = 120_000;
const docker = (file: string) => join(repositoryFolder, 'docs', 'docker', file);
const image = mkdtempSync(join(tmpdir(), 'nhs-mesh-image-'));
const userFolder = join(image, 'home');
const nodesFolder = join(userFolder, '.n8n', 'nodes', 'node_modules', NAME);

let registry: PackageRegistry;
let environment: NodeJS.ProcessEnv;
let tarball: string;

/** Paths of the image, which are two, below the folder. */
const inImage = (text: string) => text.replaceAll(/(?<![\w./-])\/(?=opt\/nhs-mesh|docker-entrypoint\.sh)/g, `${image}/`);

async function run(command: string, variables: Record<string, string> = {}): Promise<string> {
	const env = { ...environment, ...variables };
	return (await promisify(execFile)('sh', ['-c', command], { cwd: image, env, timeout: COMMAND_TIMEOUT_MS })).stdout;
}

const versionIn = (folder: string) => (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }).version;

/** Puts the entry point of the image's n8n, which start.sh ends in, where it stands there. */
function writeEntryPoint(command: string): void {
	writeFileSync(join(image, 'docker-entrypoint.sh'), `#!/bin/sh\nexec ${command} "$@"\n`, { mode: 0o755 });
}

/** Runs the instructions RUN and COPY of the Dockerfile, in order. @returns how many */
async function build(version: string): Promise<number> {
	const instructions = DockerfileParser.parse(readFileSync(docker('Dockerfile'), 'utf8')).getInstructions();
	let count = 0;
	for (const instruction of instructions) {
		const text = instruction.getArgumentsContent() ?? '';
		if (instruction.getKeyword() === 'RUN') {
			await run(inImage(text), { MESH_VERSION: version });
		} else if (instruction.getKeyword() === 'COPY') {
			const [from, to] = text.split(' ');
			const target = inImage(to);
			mkdirSync(dirname(target), { recursive: true });
			writeFileSync(target, inImage(readFileSync(docker(from), 'utf8')));
			chmodSync(target, 0o755);
		} else continue;
		count++;
	}
	return count;
}

beforeAll(async () => {
	registry = await startPackageRegistry(join(image, 'registry'));
	tarball = await packPackage(join(image, 'package'), join(image, 'pack.log'));
	registry.publish(packInstalled('undici', join(image, 'undici')));
	registry.publish(repack(tarball, '0.1.0'));
	registry.publish(repack(tarball, '0.1.1'));
	const host = await ensureHost(testedHost, () => undefined);
	const [port, brokerPort] = await findFreePorts(2);
	mkdirSync(userFolder);
	environment = n8nEnvironment({ host, userFolder, port, brokerPort, extra: registry.environment });
	writeEntryPoint(`'${host.node}' '${host.n8n}'`);
});

afterAll(async () => {
	await registry.close();
	rmSync(image, { recursive: true, force: true });
});

describe('the image of docs/docker/Dockerfile', () => {
	it('has the nodes with their own undici, and n8n loads them from an empty volume', async () => {
		expect(await build('0.1.0')).toBe(2);
		expect(versionIn(join(image, 'opt/nhs-mesh/node_modules', NAME))).toBe('0.1.0');
		expect(versionIn(join(image, 'opt/nhs-mesh/node_modules', NAME, 'node_modules/undici'))).toMatch(/^7\./);

		const output = join(image, 'nodes.json');
		await run(`${image}/opt/nhs-mesh/start.sh export:nodes --output='${output}'`);
		const names = (JSON.parse(readFileSync(output, 'utf8')) as Array<{ name: string }>).map(({ name }) => name);
		expect(names).toEqual(expect.arrayContaining([`${NAME}.mesh`, `${NAME}.meshTrigger`]));
		expect(versionIn(nodesFolder)).toBe('0.1.0');
	});

	it('replaces the nodes on the volume by those of another version, once, and hands its arguments on', async () => {
		await build('0.1.1');
		writeEntryPoint('echo');
		expect(await run(`${image}/opt/nhs-mesh/start.sh worker --concurrency=5`)).toBe('worker --concurrency=5\n');
		expect(versionIn(nodesFolder)).toBe('0.1.1');
		const marker = join(nodesFolder, 'marker');
		writeFileSync(marker, 'still the same copy');
		await run(`${image}/opt/nhs-mesh/start.sh`);
		expect(readFileSync(marker, 'utf8')).toBe('still the same copy');
	});
});
