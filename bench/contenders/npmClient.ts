import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { findProgram } from './findProgram';
import { nodeProgram } from './nodeProgram';

/** Where it may be installed: here, or in the folder that MESH_BENCH_PEERS names. */
function entryPoint(): string {
	const folders = [process.env.MESH_BENCH_PEERS, process.cwd()].filter((folder) => folder !== undefined);
	for (const folder of folders) {
		try {
			return createRequire(join(folder, 'package.json')).resolve('nhs-mesh-client');
		} catch {
			// Not in this folder: the next one.
		}
	}
	return '';
}

const entry = entryPoint();

export const npmClient = nodeProgram({
	id: 'npm',
	title: 'npm nhs-mesh-client',
	program: 'npmClient',
	can: ['send', 'drain', 'sendMany'],
	except: (work) => work.kind === 'send' && (!work.gzip || work.source === 'generated'),
	cannotBecause: ({ kind }) => (
		kind === 'send' ? 'it always compresses, in chunks of 10 MiB: there is no plain send to compare with'
			: kind === 'receive' ? 'it reads a message into one string, which cannot hold more than 512 MiB' : undefined
	),
	options: { entry },
	async missing() {
		if (entry === '') return 'nhs-mesh-client is not installed (install it in a folder of its own and name the folder in MESH_BENCH_PEERS)';
		const script = `import(${JSON.stringify(pathToFileURL(entry).href)}).catch(() => process.exit(1))`;
		return await findProgram(process.execPath, ['--input-type=module', '-e', script], 'nhs-mesh-client cannot be loaded by this version of Node');
	},
});
